// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/palette.h"
#include "reports/plan_sentence.h"
#include "reports/svg_map.h"

namespace spanwise::reports {
namespace {

void write_rule_row(HtmlWriter& html, const ReportModel& model, const PlanRule& rule,
                    const std::string& css_class) {
  const auto row = html.element("tr");
  {
    const auto name = html.element("th", {{"scope", "row"}});
    draw_swatch(html, css_class);
    html.text(words_of(rule));
  }
  number_cell(html, percent(rule.head_share), "heads");
  for (std::size_t i = 0; i < rule.density.size(); ++i) {
    number_cell(html, percent(rule.density[i]), "density, " + model.workloads[i].name);
  }
  {
    const auto cell = open_cell(html, "words", "pattern");
    html.leaf("code", rule.pattern);
  }
  html.new_line();
}

void write_rules(HtmlWriter& html, const ReportModel& model, const RuleColours& colours) {
  std::vector<HeaderCell> head = {{"rule"}, {"heads", true}};
  for (const auto& workload : model.workloads) head.push_back({"density, " + workload.name, true});
  head.push_back({"pattern"});
  write_table(html, "wide stack",
              "Rules of the plan; density is visible pairs over the pairs of the dense mask", head, [&] {
                for (std::size_t i = 0; i < model.plan->rules.size(); ++i) {
                  write_rule_row(html, model, model.plan->rules[i], colours.css_class[i]);
                }
              });
}

// The legend of the map. Rules that have a colour of their own are named; the table below names all of them.
void write_key(HtmlWriter& html, const Plan& plan, const RuleColours& colours) {
  const auto key = html.element("ul", {{"class", "key"}});
  const auto item = [&](const std::string& css_class, std::string_view words) {
    const auto entry = html.element("li");
    draw_swatch(html, css_class);
    html.text(words);
  };
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    if (plan.rules[i].dense || colours.steps.empty()) item(colours.css_class[i], words_of(plan.rules[i]));
  }
  for (const auto& step : colours.steps) {
    item(step.css_class, step.low == step.high
                             ? fmt::format("density {}", percent(step.low))
                             : fmt::format("density {} to {}", percent(step.low), percent(step.high)));
  }
}

}  // namespace

void write_plan(HtmlWriter& html, const ReportModel& model) {
  if (!model.plan) return;
  const auto& plan = *model.plan;
  const auto heads = heads_word(model.header);
  const auto colours = rule_colours(plan);
  const auto section = html.element("section");
  html.leaf("h2", "The plan");
  {
    const auto figure = html.element("figure");
    {
      const auto box = open_box(html, "layer-by-head map");
      draw_head_map(html, plan, heads,
                    fmt::format("Rule of each {} in each layer: {}", heads, plan_sentence(plan, heads)));
    }
    write_key(html, plan, colours);
    html.leaf("figcaption", fmt::format("Rule of each {} (down) in each layer (across).", heads));
  }
  write_rules(html, model, colours);
}

}  // namespace spanwise::reports
