// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/palette.h"
#include "reports/summary.h"
#include "reports/svg_bars.h"

namespace spanwise::reports {
namespace {

void write_split(HtmlWriter& html, const Workload& workload, bool planned, double whole) {
  std::vector<BarPart> parts;
  double total = 0;
  for (std::size_t i = 0; i < workload.operators.size(); ++i) {
    const auto& part = workload.operators[i];
    const double seconds = planned ? part.plan_seconds : part.dense_seconds;
    parts.push_back({seconds, category_class(i), fmt::format("{}: {}", part.kind, time_text(seconds))});
    total += seconds;
  }
  html.leaf("span", planned ? "plan" : "dense");
  draw_bar(html, parts, whole, fmt::format("{}: {}", planned ? "plan" : "dense", time_text(total)));
  html.leaf("span", time_text(total));
}

void write_operator_rows(HtmlWriter& html, const Workload& workload, TimeScale scale, double dense_total) {
  for (std::size_t i = 0; i < workload.operators.size(); ++i) {
    const auto& part = workload.operators[i];
    const auto row = html.element("tr");
    {
      const auto name = html.element("th", {{"scope", "row"}});
      draw_swatch(html, category_class(i));
      html.text(part.kind);
    }
    number_cell(html, scale.text(part.dense_seconds));
    number_cell(html, dense_total > 0 ? percent(part.dense_seconds / dense_total) : "-");
    number_cell(html, workload.plan ? scale.text(part.plan_seconds) : "-");
    basis_cell(html, part.basis);
    html.new_line();
  }
}

// Amdahl: without attention the critical path is shorter by at most attention's own time.
void write_model_times(HtmlWriter& html, const Workload& workload) {
  auto text = fmt::format("The whole model: {} dense", time_text(workload.dense_model_seconds));
  if (workload.plan) {
    text += fmt::format(", {} with the plan: {}", time_text(workload.plan->model_seconds),
                        speedup_text(model_speedup(workload)));
  }
  const double rest = workload.dense_model_seconds - workload.dense_seconds;
  const auto bound = rest > 0 ? speedup(workload.dense_model_seconds, rest) : std::nullopt;
  if (bound)
    text += fmt::format(". Even free attention would make it no faster than {}", speedup_text(bound));
  html.leaf("p", text + ".", {{"class", "quiet"}});
}

void write_workload(HtmlWriter& html, const Workload& workload) {
  double dense_total = 0, plan_total = 0;
  std::vector<double> times;
  for (const auto& part : workload.operators) {
    dense_total += part.dense_seconds;
    plan_total += part.plan_seconds;
    times.push_back(part.dense_seconds);
  }
  html.leaf("h3", workload.name);
  const double whole = workload.plan ? std::max(dense_total, plan_total) : dense_total;
  {
    const auto split = html.element("div", {{"class", "split"}});
    write_split(html, workload, false, whole);
    if (workload.plan) write_split(html, workload, true, whole);
  }
  const auto scale = time_scale(times);
  const auto dense = fmt::format("dense {}", scale.unit), plan = fmt::format("plan {}", scale.unit);
  write_table(html, "", "Time by kind of operator, summed over the layers",
              {{"operators"}, {dense, true}, {"share", true}, {plan, true}, {"basis"}},
              [&] { write_operator_rows(html, workload, scale, dense_total); });
  write_model_times(html, workload);
}

}  // namespace

void write_operators(HtmlWriter& html, const ReportModel& model) {
  const bool any = std::any_of(model.workloads.begin(), model.workloads.end(),
                               [](const Workload& workload) { return !workload.operators.empty(); });
  if (!any) return;
  const auto section = html.element("section");
  html.leaf("h2", "Where the time goes");
  for (const auto& workload : model.workloads) {
    if (!workload.operators.empty()) write_workload(html, workload);
  }
}

}  // namespace spanwise::reports
