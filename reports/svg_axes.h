// SPDX-License-Identifier: Apache-2.0
// The frame that the point charts share: axes, grid, tick labels, titles.
#pragma once

#include <functional>
#include <string>

#include "reports/html_writer.h"
#include "reports/svg_scale.h"

namespace spanwise::reports {

// A narrow screen shrinks a chart to this at most, then scrolls: labels stay legible.
inline constexpr double kMinScale = 0.8;

// The plot area of a chart, in user units of its viewBox.
struct PlotArea {
  double width = 560, height = 340;  // of the whole chart
  double left = 64, right = 16, top = 14, bottom = 46;
  double x0() const { return left; }
  double x1() const { return width - right; }
  double y0() const { return height - bottom; }  // bottom edge
  double y1() const { return top; }              // top edge
};

struct Axis {
  Scale scale;
  std::string title;
  std::function<std::string(double)> label;
  int ticks = 5;
};

// Opens the <svg>; the caller draws and lets the scope close it. `description` is what a screen reader says.
HtmlWriter::Scope open_chart(HtmlWriter& html, const PlotArea& area, const std::string& description);

void draw_axes(HtmlWriter& html, const PlotArea& area, const Axis& x, const Axis& y);

// A dot or ring with a tooltip.
void draw_point(HtmlWriter& html, double x, double y, double radius, std::string_view css_class,
                std::string_view tooltip);

}  // namespace spanwise::reports
