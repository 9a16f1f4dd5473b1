// SPDX-License-Identifier: Apache-2.0
#include "reports/svg_bars.h"

namespace spanwise::reports {
namespace {
constexpr double kWidth = 1000;  // user units; two decimals of them are finer than a pixel
}

void draw_bar(HtmlWriter& html, std::span<const BarPart> parts, double whole,
              const std::string& description) {
  const auto svg = html.element("svg", {{"class", "bar"},
                                        {"viewBox", "0 0 1000 10"},
                                        {"preserveAspectRatio", "none"},
                                        {"role", "img"},
                                        {"aria-label", description}});
  double start = 0;
  for (const auto& part : parts) {
    const double width = whole > 0 ? part.length / whole * kWidth : 0;
    if (width <= 0) continue;
    const auto rect = html.element(
        "rect", {{"class", part.css_class}, {"x", start}, {"y", 0}, {"width", width}, {"height", 10}});
    html.leaf("title", part.tooltip);
    start += width;
  }
}

}  // namespace spanwise::reports
