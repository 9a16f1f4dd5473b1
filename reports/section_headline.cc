// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/plan_sentence.h"
#include "reports/summary.h"
#include "reports/text.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

void write_title(HtmlWriter& html, const ReportModel& model) {
  const auto& header = model.header;
  html.leaf("p", "Sparse attention plan", {{"class", "kicker"}});
  html.leaf("h1", fmt::format("{} on {}", header.model, header.hardware));
  html.leaf(
      "p",
      fmt::format(
          "{}, {}{}{}.", counted(header.layers, "layer"), counted(header.q_heads, "query head"),
          header.kv_heads == header.q_heads ? "" : fmt::format(" on {}", counted(header.kv_heads, "KV head")),
          header.hardware_defaulted ? "; the hardware was not named, this is the default" : ""),
      {{"class", "quiet"}});
  if (model.plan) {
    html.leaf("p", fmt::format("Plan: {}.", plan_sentence(*model.plan, heads_word(header))),
              {{"class", "lead"}});
  } else {
    const auto box = html.element("div", {{"class", "alarm"}});
    html.leaf("p", fmt::format("Plan: {}.", infeasible_sentence(model.proof)), {{"class", "lead"}});
  }
}

struct TimeLabels {
  std::string dense, plan;  // with the unit
};

void write_workload_row(HtmlWriter& html, const Workload& workload, TimeScale scale,
                        const TimeLabels& labels) {
  const auto row = html.element("tr");
  {
    const auto name = html.element("th", {{"scope", "row"}});
    html.text(workload.name);
    under_line(html, workload.description);
  }
  const auto& plan = workload.plan;
  {
    const auto cell = open_cell(html, "number", labels.dense);
    html.text(scale.text(workload.dense_seconds));
    under_line(html, workload.baseline_kernel);
  }
  number_cell(html, plan ? scale.text(plan->attention_seconds) : "-", labels.plan);
  number_cell(html, plan ? scale.range(plan->attention_range) : "-", "90 % range");
  for (const auto& [factor, label] :
       {std::pair{attention_speedup(workload), "attention"}, std::pair{model_speedup(workload), "model"}}) {
    const auto cell = open_cell(html, "number big", label);
    html.text(speedup_text(factor));
  }
  number_cell(html, speedup_text(workload.tile_bound), "tile bound");
  basis_cell(html, workload.basis, "basis");
}

void write_notes_list(HtmlWriter& html, std::string_view title, const std::vector<Note>& notes) {
  if (notes.empty()) return;
  {
    const auto paragraph = html.element("p");
    html.leaf("strong", title);
  }
  const auto list = html.element("ul");
  for (const auto& note : notes) {
    const auto item = html.element("li");
    html.text(note.text);
    if (note.change.empty()) continue;
    html.text(" - ");
    html.leaf("code", note.change);
  }
}

}  // namespace

void write_headline(HtmlWriter& html, const ReportModel& model) {
  {
    const auto header = html.element("header");
    write_title(html, model);
  }
  if (model.workloads.empty()) return;
  std::vector<double> times;
  for (const auto& workload : model.workloads) {
    times.push_back(workload.dense_seconds);
    if (workload.plan) times.push_back(workload.plan->attention_seconds);
  }
  const auto scale = time_scale(times);
  const TimeLabels labels{fmt::format("dense {}", scale.unit), fmt::format("plan {}", scale.unit)};
  write_table(html, "wide stack",
              "Attention time of all layers, dense and planned, and what the whole model gains",
              {{"workload"},
               {labels.dense, true},
               {labels.plan, true},
               {"90 % range", true},
               {"attention", true},
               {"model", true},
               {"tile bound", true},
               {"basis"}},
              [&] {
                for (const auto& workload : model.workloads) {
                  write_workload_row(html, workload, scale, labels);
                  html.new_line();
                }
              });
}

void write_notes(HtmlWriter& html, const Header& header) {
  auto defaults = header.defaults;
  if (header.hardware_defaulted) {
    defaults.insert(defaults.begin(), {fmt::format("hardware {}", header.hardware), header.hardware_change});
  }
  if (header.assumptions.empty() && defaults.empty()) return;
  const auto box = html.element("div", {{"class", "notes"}});
  write_notes_list(html, "Assumed", header.assumptions);
  write_notes_list(html, "Defaulted", defaults);
}

}  // namespace spanwise::reports
