// SPDX-License-Identifier: Apache-2.0
// Fills of charts, as classes of the style sheet. Categories take the colours of Okabe and Ito (Color
// Universal Design, 2008), which people with any common colour vision can tell apart; magnitudes take steps
// of viridis, whose lightness rises with the value.
#pragma once

#include <string>
#include <vector>

#include "reports/html_writer.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// Rank 0 first; 7 colours, one grey for all ranks beyond.
std::string category_class(std::size_t rank);

// How the rules of a plan are coloured. Dense rules are neutral. Up to 7 others get a category each; more are
// coloured by density (of the first workload), in 7 steps that hold about as many rules each.
struct RuleColours {
  struct Step {
    std::string css_class;
    double low = 0, high = 0;  // densities
  };
  std::vector<std::string> css_class;  // per rule
  std::vector<Step> steps;             // ascending; empty when colours are categories
};
RuleColours rule_colours(const Plan& plan);

// A small square for legends.
void draw_swatch(HtmlWriter& html, std::string_view css_class);

}  // namespace spanwise::reports
