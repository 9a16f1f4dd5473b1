// SPDX-License-Identifier: Apache-2.0
#include "reports/palette.h"

#include <fmt/format.h>

#include <algorithm>

namespace spanwise::reports {
namespace {

constexpr std::size_t kColours = 7;  // classes c0 to c6, and steps s0 to s6
constexpr const char* kDense = "c-dense";

double density_of(const PlanRule& rule) {
  return rule.density.empty() ? 0 : rule.density.front();
}

}  // namespace

std::string category_class(std::size_t rank) {
  return rank < kColours ? fmt::format("c{}", rank) : std::string("c-rest");
}

RuleColours rule_colours(const Plan& plan) {
  RuleColours colours;
  std::vector<std::size_t> sparse;
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    if (!plan.rules[i].dense) sparse.push_back(i);
  }
  colours.css_class.assign(plan.rules.size(), kDense);
  if (sparse.size() <= kColours) {
    for (std::size_t rank = 0; rank < sparse.size(); ++rank)
      colours.css_class[sparse[rank]] = category_class(rank);
    return colours;
  }
  std::stable_sort(sparse.begin(), sparse.end(), [&](std::size_t a, std::size_t b) {
    return density_of(plan.rules[a]) < density_of(plan.rules[b]);
  });
  std::size_t step = 0;
  for (std::size_t rank = 0; rank < sparse.size(); ++rank) {
    const double density = density_of(plan.rules[sparse[rank]]);
    // Equal densities stay together.
    if (colours.steps.empty() || density > colours.steps.back().high) step = rank * kColours / sparse.size();
    const auto css_class = fmt::format("s{}", step);
    if (colours.steps.empty() || colours.steps.back().css_class != css_class) {
      colours.steps.push_back({css_class, density, density});
    }
    colours.steps.back().high = density;
    colours.css_class[sparse[rank]] = css_class;
  }
  return colours;
}

void draw_swatch(HtmlWriter& html, std::string_view css_class) {
  const auto svg =
      html.element("svg", {{"class", "swatch"}, {"viewBox", "0 0 12 12"}, {"aria-hidden", "true"}});
  html.empty("rect", {{"class", css_class}, {"width", 12}, {"height", 12}});
}

}  // namespace spanwise::reports
