// SPDX-License-Identifier: Apache-2.0
// Fills for categories: the colours of Okabe and Ito (Color Universal Design, 2008), which people with any
// common colour vision can tell apart; where they run out, the same colours under a texture.
#pragma once

#include <string>
#include <vector>

#include "reports/html_writer.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// A fill of the style sheet (class) or of a <pattern> in the page (fill).
struct Fill {
  std::string css_class;
  std::string pattern;  // "url(#t8)"; empty: the class alone colours
};

// Fills by rank, 0 first: 7 colours, each plain and in 3 textures; one grey for all ranks beyond.
Fill category_fill(int rank);
bool is_last_fill(int rank);  // shared by all further ranks

// One fill a rule of the plan: neutral for dense rules, category fills for the others in their order.
std::vector<Fill> rule_fills(const Plan& plan);

// The <defs> of the textures that `fills` use. Once a page, before their first use.
void define_textures(HtmlWriter& html, const std::vector<Fill>& fills);

// A small square for legends.
void draw_swatch(HtmlWriter& html, const Fill& fill);

}  // namespace spanwise::reports
