// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/svg_scatter.h"
#include "reports/verdict.h"

namespace spanwise::reports {
namespace {

void write_pricing_table(HtmlWriter& html, const ReportModel& model) {
  write_table(html, "", "Attention time as the search summed it and as the simulator prices the whole plan",
              {{"workload"}, {"search", true}, {"simulator", true}, {"difference", true}}, [&] {
                for (const auto& workload : model.workloads) {
                  if (!workload.plan) continue;
                  const auto row = html.element("tr");
                  row_header(html, workload.name);
                  number_cell(html, time_text(workload.plan->searched_seconds));
                  number_cell(html, time_text(workload.plan->attention_seconds));
                  const auto ratio =
                      speedup(workload.plan->attention_seconds, workload.plan->searched_seconds);
                  number_cell(html, ratio ? signed_percent(*ratio - 1) : "-");
                  html.new_line();
                }
              });
}

void write_status_cell(HtmlWriter& html, const CheckedCase& checked) {
  const auto cell = open_cell(html, "words", "status");
  const bool good = checked.status == CheckedCase::Status::kOk;
  html.leaf("span", name(checked.status),
            {{"class", good                ? "tag"
                       : is_wrong(checked) ? "tag bad"
                                           : "tag weak"}});
  under_line(html, checked.message);
}

void write_times(HtmlWriter& html, const CheckedCase& checked) {
  std::string median = "-", spread = "-";
  std::optional<double> ratio;
  if (checked.measured) {
    median = time_text(checked.measured->median);
    spread = fmt::format("{} to {}", time_text(checked.measured->p05), time_text(checked.measured->p95));
    ratio = speedup(checked.predicted_seconds, checked.measured->median);
  }
  number_cell(html, time_text(checked.predicted_seconds), "predicted");
  number_cell(html, median, "measured");
  number_cell(html, spread, "5 to 95 %");
  const auto cell = open_cell(html, "number", "ratio");
  const bool far = ratio && std::abs(*ratio - 1) > kPredictionBand;
  html.leaf("span", ratio ? fixed(*ratio, 2) : "-", {{"class", far ? "tag weak" : ""}});
}

void write_case_row(HtmlWriter& html, const CheckedCase& checked, std::size_t number) {
  const auto row = html.element("tr");
  row_header(html, fmt::format("{}", number));
  {
    const auto cell = open_cell(html, "words", {});
    html.text(fmt::format("{}, {}", checked.rule, checked.workload));
    under_line(html, checked.shape);
    under_line(html, checked.note);
  }
  write_status_cell(html, checked);
  number_cell(html, checked.relative_error ? magnitude(*checked.relative_error) : "-", "relative error");
  write_times(html, checked);
}

void write_cases(HtmlWriter& html, const Validation& validation) {
  const auto& cases = validation.cases;
  {
    const bool wrong = std::any_of(cases.begin(), cases.end(), is_wrong);
    const auto box = html.element("div", {{"class", wrong ? "alarm" : "plain"}});
    html.leaf("p", fmt::format("On {}: {}.", validation.device, validation_sentence(validation)));
  }
  if (std::any_of(cases.begin(), cases.end(),
                  [](const CheckedCase& checked) { return checked.measured.has_value(); })) {
    const auto figure = html.element("figure");
    {
      const auto box = open_box(html, "predicted against measured");
      draw_predicted_against_measured(html, validation);
    }
    html.leaf("figcaption",
              "Each number is a case of the table; bars span the 5th to 95th percentile, the band is 20 % to "
              "either side.");
  }
  if (cases.empty()) return;
  write_table(html, "wide stack cases", "Kernels run: correctness against float64, then time",
              {{"case"},
               {"rule, workload, shape as run"},
               {"status"},
               {"relative error", true},
               {"predicted", true},
               {"measured", true},
               {"5 to 95 %", true},
               {"ratio", true}},
              [&] {
                for (std::size_t i = 0; i < cases.size(); ++i) {
                  write_case_row(html, cases[i], i + 1);
                  html.new_line();
                }
              });
}

}  // namespace

void write_proof(HtmlWriter& html, const ReportModel& model) {
  const auto& proof = model.proof;
  const auto section = html.element("section");
  html.leaf("h2", "Proof");
  html.leaf("p", fmt::format("Search: {}. The proof is about the tables, not about the model's quality.",
                             proof_sentence(proof)));
  if (!proof.tables_sha256.empty()) {
    const auto paragraph = html.element("p", {{"class", "quiet"}});
    html.text("SHA-256 of the tables: ");
    html.leaf("code", proof.tables_sha256);
  }
  if (!proof.verify_command.empty()) html.leaf("pre", proof.verify_command);
  if (model.plan && !model.workloads.empty()) write_pricing_table(html, model);
}

void write_validation(HtmlWriter& html, const ReportModel& model) {
  if (!model.validation && model.not_checked.empty()) return;
  const auto section = html.element("section");
  html.leaf("h2", "Predicted against measured");
  if (model.validation) write_cases(html, *model.validation);
  for (const auto& missing : model.not_checked) {
    html.leaf("p", fmt::format("Not checked: {}{}", missing.what,
                               missing.command.empty() ? "." : ". To check it:"));
    if (!missing.command.empty()) html.leaf("pre", missing.command);
  }
}

}  // namespace spanwise::reports
