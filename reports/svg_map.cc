// SPDX-License-Identifier: Apache-2.0
#include "reports/svg_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/palette.h"
#include "reports/plan_sentence.h"
#include "reports/svg_axes.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

// Above this many cells the tooltips would make the page too large.
constexpr std::int64_t kMaxTooltips = 6000;
constexpr std::size_t kTooltipWidth = 40;
constexpr double kMaxCell = 22, kMaxWidth = 840, kMaxHeight = 512;
constexpr double kLeft = 44, kTop = 4, kBottom = 36, kRight = 8;
constexpr double kMinWidth = 180;  // room for the axis title below a map of one layer

struct Grid {
  const HeadMap& map;
  double cell, gap;

  explicit Grid(const HeadMap& head_map) : map(head_map) {
    cell = std::min(
        {kMaxCell, kMaxWidth / static_cast<double>(map.layers),
         std::max(kMaxHeight, 3.0 * static_cast<double>(map.kv_heads)) / static_cast<double>(map.kv_heads)});
    gap = cell >= 5 ? 1 : 0;
  }
  double x(std::int64_t layer) const { return kLeft + cell * static_cast<double>(layer); }
  double y(std::int64_t head) const { return kTop + cell * static_cast<double>(head); }
  std::int32_t rule(std::int64_t layer, std::int64_t head) const {
    return map.rule[layer * map.kv_heads + head];
  }
};

// Every step-th number gets a label, so that labels keep `room` user units of distance.
std::int64_t label_step(double cell, double room) {
  std::int64_t step = 1;
  for (const std::int64_t next :
       {2, 4, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 500, 1000, 2000, 5000, 10000}) {
    if (static_cast<double>(step) * cell >= room) break;
    step = next;
  }
  return step;
}

void draw_labels(HtmlWriter& html, const Grid& grid, std::string_view heads) {
  const double below = grid.y(grid.map.kv_heads);
  for (std::int64_t layer = 0; layer < grid.map.layers; layer += label_step(grid.cell, 26)) {
    html.leaf("text", fmt::format("{}", layer),
              {{"class", "tick"},
               {"x", grid.x(layer) + grid.cell / 2},
               {"y", below + 14},
               {"text-anchor", "middle"}});
  }
  for (std::int64_t head = 0; head < grid.map.kv_heads; head += label_step(grid.cell, 16)) {
    html.leaf("text", fmt::format("{}", head),
              {{"class", "tick"},
               {"x", kLeft - 5},
               {"y", grid.y(head) + grid.cell / 2 + 4},
               {"text-anchor", "end"}});
  }
  html.leaf("text", "layer", {{"class", "axis-title"}, {"x", kLeft}, {"y", below + 31}});
  html.leaf("text", heads,
            {{"class", "axis-title"},
             {"transform", fmt::format("translate(13 {}) rotate(-90)", coordinate(below))}});
}

void draw_cells(HtmlWriter& html, const Grid& grid, std::int32_t rule, const std::string& words,
                std::string_view heads) {
  const double size = grid.cell - grid.gap;
  for (std::int64_t layer = 0; layer < grid.map.layers; ++layer) {
    for (std::int64_t head = 0; head < grid.map.kv_heads; ++head) {
      if (grid.rule(layer, head) != rule) continue;
      const auto cell = html.element(
          "rect", {{"x", grid.x(layer)}, {"y", grid.y(head)}, {"width", size}, {"height", size}});
      html.leaf("title", fmt::format("layer {}, {} {}: {}", layer, heads, head, words));
    }
  }
}

// Runs of equal cells down each layer, as one path.
void draw_merged(HtmlWriter& html, const Grid& grid, std::int32_t rule, const std::string& words) {
  std::string path;
  const auto width = coordinate(grid.cell - grid.gap);
  for (std::int64_t layer = 0; layer < grid.map.layers; ++layer) {
    std::int64_t first = 0;
    for (std::int64_t head = 0; head <= grid.map.kv_heads; ++head) {
      if (head < grid.map.kv_heads && grid.rule(layer, head) == rule) continue;
      if (head > first) {
        const auto height = coordinate(grid.cell * static_cast<double>(head - first) - grid.gap);
        path += fmt::format("M{} {}h{}v{}h-{}z", coordinate(grid.x(layer)), coordinate(grid.y(first)), width,
                            height, width);
      }
      first = head + 1;
    }
  }
  const auto shape = html.element("path", {{"d", path}});
  html.leaf("title", words);
}

}  // namespace

void draw_head_map(HtmlWriter& html, const Plan& plan, std::string_view heads, std::string_view description) {
  const Grid grid(plan.map);
  const double width = std::max(kMinWidth, grid.x(plan.map.layers) + kRight);
  const double height = grid.y(plan.map.kv_heads) + kBottom;
  const auto svg =
      html.element("svg", {{"class", "chart"},
                           {"viewBox", fmt::format("0 0 {} {}", coordinate(width), coordinate(height))},
                           {"style", fmt::format("min-width:{}px", coordinate(width * kMinScale))},
                           {"width", width},
                           {"height", height},
                           {"role", "img"},
                           {"aria-label", description}});
  draw_labels(html, grid, heads);
  const auto colours = rule_colours(plan);
  const bool tooltips = plan.map.layers * plan.map.kv_heads <= kMaxTooltips;
  for (std::int32_t rule = 0; rule < static_cast<std::int32_t>(plan.rules.size()); ++rule) {
    const auto group = html.element("g", {{"class", colours.css_class[rule]}});
    const auto words = shorten(words_of(plan.rules[rule]), kTooltipWidth);
    if (tooltips) {
      draw_cells(html, grid, rule, words, heads);
    } else {
      draw_merged(html, grid, rule, words);
    }
    html.new_line();
  }
}

}  // namespace spanwise::reports
