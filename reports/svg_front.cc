// SPDX-License-Identifier: Apache-2.0
#include "reports/svg_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "reports/numbers.h"
#include "reports/svg_axes.h"

namespace spanwise::reports {
namespace {

std::string tooltip(std::string_view what, const FrontPoint& point) {
  return fmt::format("{}: attention {}, loss {}", what, percent(point.attention_share),
                     short_number(point.loss));
}

std::vector<FrontPoint> all_points(const Front& front) {
  auto points = front.supported;
  points.insert(points.end(), front.uniform.begin(), front.uniform.end());
  for (const auto& sample : front.samples) {
    if (sample.best) points.push_back(*sample.best);
    if (sample.best_uniform) points.push_back(*sample.best_uniform);
  }
  if (front.chosen) points.push_back(*front.chosen);
  return points;
}

// Steps closer than this, in user units, cannot be told apart.
constexpr double kVisible = 0.3;

std::string step_path(const std::vector<FrontPoint>& points, const Scale& x, const Scale& y) {
  std::string path;
  double last_x = 0, last_y = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double px = x(points[i].attention_share), py = y(points[i].loss);
    const bool last = i + 1 == points.size();
    if (i > 0 && !last && std::abs(px - last_x) < kVisible && std::abs(py - last_y) < kVisible) continue;
    path += i == 0 ? fmt::format("M{} {}", coordinate(px), coordinate(py))
                   : fmt::format("H{}V{}", coordinate(px), coordinate(py));
    last_x = px;
    last_y = py;
  }
  return path;
}

void draw_cross(HtmlWriter& html, double x, double y, std::string_view title) {
  const auto path = html.element(
      "path", {{"class", "uniform"},
               {"d", fmt::format("M{} {}l8 8m0 -8l-8 8", coordinate(x - 4), coordinate(y - 4))}});
  html.leaf("title", title);
}

}  // namespace

void draw_front(HtmlWriter& html, const Front& front) {
  const auto points = all_points(front);
  double most_share = 1, least_loss = 0, most_loss = 0;
  for (const auto& point : points) {
    most_share = std::max(most_share, point.attention_share);
    least_loss = std::min(least_loss, point.loss);
    most_loss = std::max(most_loss, point.loss);
  }
  const PlotArea area;
  const Axis x{Scale::linear(0, most_share, area.x0(), area.x1()), "attention time, share of dense", percent};
  const Axis y{Scale::linear(least_loss, most_loss * 1.04, area.y0(), area.y1()), "loss", short_number};
  const auto chart =
      open_chart(html, area, "Front of loss against attention time; the table below has its points");
  draw_axes(html, area, x, y);
  for (const auto& point : front.uniform) {
    draw_cross(html, x.scale(point.attention_share), y.scale(point.loss), tooltip("uniform plan", point));
  }
  if (!front.supported.empty()) {
    html.empty("path", {{"class", "front"}, {"d", step_path(front.supported, x.scale, y.scale)}});
  }
  for (const auto& sample : front.samples) {
    if (!sample.best) continue;
    draw_point(html, x.scale(sample.best->attention_share), y.scale(sample.best->loss), 4, "sample",
               tooltip(fmt::format("best at {}", percent(sample.share_limit)), *sample.best));
  }
  if (!front.chosen) return;
  draw_point(html, x.scale(front.chosen->attention_share), y.scale(front.chosen->loss), 8, "chosen",
             tooltip("this plan", *front.chosen));
}

}  // namespace spanwise::reports
