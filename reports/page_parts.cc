// SPDX-License-Identifier: Apache-2.0
#include "reports/page_parts.h"

namespace spanwise::reports {

void row_header(HtmlWriter& html, std::string_view text) {
  html.leaf("th", text, {{"scope", "row"}});
}

void number_cell(HtmlWriter& html, std::string_view text) {
  html.leaf("td", text, {{"class", "number"}});
}

void words_cell(HtmlWriter& html, std::string_view text) {
  html.leaf("td", text, {{"class", "words"}});
}

void basis_cell(HtmlWriter& html, core::Basis basis) {
  const auto cell = html.element("td");
  basis_tag(html, basis);
}

void basis_tag(HtmlWriter& html, core::Basis basis) {
  const bool weak = basis == core::Basis::kAssumed || basis == core::Basis::kExtrapolated;
  html.leaf("span", core::name(basis), {{"class", weak ? "tag weak" : "tag"}});
}

}  // namespace spanwise::reports
