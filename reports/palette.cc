// SPDX-License-Identifier: Apache-2.0
#include "reports/palette.h"

#include <fmt/format.h>

#include <array>

namespace spanwise::reports {
namespace {

constexpr int kColours = 7;  // classes c0 to c6 of the style sheet
constexpr int kTextures = 4;
// Strokes of the textures in a tile of 6 by 6: none, diagonals, dots, lines.
constexpr std::array<const char*, kTextures> kStrokes = {"", "M-1 1l2 -2M0 6l6 -6M5 7l2 -2", "M2 3h2",
                                                         "M0 3h6"};

std::string texture_id(int rank) {
  return fmt::format("texture{}", rank);
}

}  // namespace

bool is_last_fill(int rank) {
  return rank >= kColours * kTextures;
}

Fill category_fill(int rank) {
  if (is_last_fill(rank)) return {"c-rest", ""};
  const auto css_class = fmt::format("c{}", rank % kColours);
  return {css_class, rank < kColours ? "" : fmt::format("url(#{})", texture_id(rank))};
}

std::vector<Fill> rule_fills(const Plan& plan) {
  std::vector<Fill> fills;
  int rank = 0;
  for (const auto& rule : plan.rules)
    fills.push_back(rule.dense ? Fill{"c-dense", ""} : category_fill(rank++));
  return fills;
}

void define_textures(HtmlWriter& html, const std::vector<Fill>& fills) {
  const auto defs = html.element("defs");
  for (int rank = kColours; !is_last_fill(rank); ++rank) {
    const auto fill = category_fill(rank);
    bool used = false;
    for (const auto& other : fills) used = used || other.pattern == fill.pattern;
    if (!used) continue;
    const auto pattern = html.element(
        "pattern",
        {{"id", texture_id(rank)}, {"width", 6}, {"height", 6}, {"patternUnits", "userSpaceOnUse"}});
    html.empty("rect", {{"class", fill.css_class}, {"width", 6}, {"height", 6}});
    html.empty("path", {{"class", "texture"}, {"d", kStrokes[rank / kColours]}});
  }
}

void draw_swatch(HtmlWriter& html, const Fill& fill) {
  const auto svg =
      html.element("svg", {{"class", "swatch"}, {"viewBox", "0 0 12 12"}, {"aria-hidden", "true"}});
  if (fill.pattern.empty()) {
    html.empty("rect", {{"class", fill.css_class}, {"width", 12}, {"height", 12}});
  } else {
    html.empty("rect", {{"fill", fill.pattern}, {"width", 12}, {"height", 12}});
  }
}

}  // namespace spanwise::reports
