// SPDX-License-Identifier: Apache-2.0
#include "reports/svg_axes.h"

#include <fmt/format.h>

namespace spanwise::reports {

HtmlWriter::Scope open_chart(HtmlWriter& html, const PlotArea& area, const std::string& description) {
  const auto box = fmt::format("0 0 {} {}", coordinate(area.width), coordinate(area.height));
  return html.element("svg", {{"class", "chart"},
                              {"viewBox", box},
                              {"style", fmt::format("min-width:{}px", coordinate(area.width * kMinScale))},
                              {"width", area.width},
                              {"height", area.height},
                              {"role", "img"},
                              {"aria-label", description}});
}

void draw_axes(HtmlWriter& html, const PlotArea& area, const Axis& x, const Axis& y) {
  for (const double value : y.scale.ticks(y.ticks)) {
    const double at = y.scale(value);
    html.empty("line", {{"class", "grid"}, {"x1", area.x0()}, {"x2", area.x1()}, {"y1", at}, {"y2", at}});
    html.leaf("text", y.label(value),
              {{"class", "tick"}, {"x", area.x0() - 6}, {"y", at + 4}, {"text-anchor", "end"}});
  }
  for (const double value : x.scale.ticks(x.ticks)) {
    const double at = x.scale(value);
    html.empty("line", {{"class", "grid"}, {"x1", at}, {"x2", at}, {"y1", area.y0()}, {"y2", area.y1()}});
    html.leaf("text", x.label(value),
              {{"class", "tick"}, {"x", at}, {"y", area.y0() + 16}, {"text-anchor", "middle"}});
  }
  html.empty("path", {{"class", "axis"},
                      {"d", fmt::format("M{} {}V{}H{}", coordinate(area.x0()), coordinate(area.y1()),
                                        coordinate(area.y0()), coordinate(area.x1()))}});
  html.leaf("text", x.title,
            {{"class", "axis-title"},
             {"x", (area.x0() + area.x1()) / 2},
             {"y", area.height - 8},
             {"text-anchor", "middle"}});
  const double middle = (area.y0() + area.y1()) / 2;
  html.leaf("text", y.title,
            {{"class", "axis-title"},
             {"transform", fmt::format("translate(14 {}) rotate(-90)", coordinate(middle))},
             {"text-anchor", "middle"}});
}

void draw_point(HtmlWriter& html, double x, double y, double radius, std::string_view css_class,
                std::string_view tooltip) {
  const auto circle = html.element("circle", {{"class", css_class}, {"cx", x}, {"cy", y}, {"r", radius}});
  html.leaf("title", tooltip);
}

}  // namespace spanwise::reports
