// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/palette.h"
#include "reports/plan_sentence.h"
#include "reports/svg_axes.h"
#include "reports/svg_front.h"
#include "reports/svg_map.h"

namespace spanwise::reports {
namespace {

// One column a workload.
void write_density_table(HtmlWriter& html, const ReportModel& model) {
  const auto& plan = *model.plan;
  const auto fills = rule_fills(plan);
  constexpr std::string_view caption =
      "Rules of the plan; density is visible pairs over the pairs of the dense mask";
  const auto box = html.element(
      "div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", caption}, {"tabindex", "0"}});
  const auto table = html.element("table");
  html.leaf("caption", caption);
  {
    const auto thead = html.element("thead");
    const auto row = html.element("tr");
    html.leaf("th", "rule", {{"scope", "col"}});
    html.leaf("th", "heads", {{"scope", "col"}, {"class", "number"}});
    for (const auto& workload : model.workloads) {
      html.leaf("th", "density, " + workload.name, {{"scope", "col"}, {"class", "number"}});
    }
    html.leaf("th", "pattern", {{"scope", "col"}});
  }
  const auto body = html.element("tbody");
  html.new_line();
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    const auto& rule = plan.rules[i];
    const auto row = html.element("tr");
    {
      const auto name = html.element("th", {{"scope", "row"}});
      draw_swatch(html, fills[i]);
      html.text(words_of(rule));
    }
    number_cell(html, percent(rule.head_share));
    for (const double density : rule.density) number_cell(html, percent(density));
    {
      const auto cell = html.element("td", {{"class", "words"}});
      html.leaf("code", rule.pattern);
    }
    html.new_line();
  }
}

}  // namespace

void write_plan(HtmlWriter& html, const ReportModel& model) {
  if (!model.plan) return;
  const auto& plan = *model.plan;
  const auto heads = heads_word(model.header);
  const auto section = html.element("section");
  html.leaf("h2", "The plan");
  const auto sentence = plan_sentence(plan, heads);
  {
    const auto figure = html.element("figure");
    {
      const auto box = html.element(
          "div",
          {{"class", "scroll"}, {"role", "region"}, {"aria-label", "layer-by-head map"}, {"tabindex", "0"}});
      draw_head_map(html, plan, heads, fmt::format("Rule of each {} in each layer: {}", heads, sentence));
    }
    html.leaf("figcaption",
              fmt::format("Rule of each {} (down) in each layer (across). Colours: the table below.", heads));
  }
  write_density_table(html, model);
}

}  // namespace spanwise::reports
