// SPDX-License-Identifier: Apache-2.0
#include "reports/page_parts.h"

namespace spanwise::reports {

void write_table_head(HtmlWriter& html, const std::vector<HeaderCell>& head) {
  const auto thead = html.element("thead");
  const auto row = html.element("tr");
  for (const auto& cell : head) {
    html.leaf("th", cell.text, {{"scope", "col"}, {"class", cell.number ? "number" : ""}});
  }
}

HtmlWriter::Scope open_box(HtmlWriter& html, std::string_view label) {
  return html.element("div",
                      {{"class", "scroll"}, {"role", "region"}, {"aria-label", label}, {"tabindex", "0"}});
}

void row_header(HtmlWriter& html, std::string_view text) {
  html.leaf("th", text, {{"scope", "row"}});
}

void words_cell(HtmlWriter& html, std::string_view text) {
  html.leaf("td", text, {{"class", "words"}});
}

HtmlWriter::Scope open_cell(HtmlWriter& html, std::string_view css_class, std::string_view label) {
  if (label.empty()) return html.element("td", {{"class", css_class}});
  return html.element("td", {{"class", css_class}, {"data-label", label}});
}

void number_cell(HtmlWriter& html, std::string_view text, std::string_view label) {
  const auto cell = open_cell(html, "number", label);
  html.text(text);
}

void basis_cell(HtmlWriter& html, core::Basis basis, std::string_view label) {
  const auto cell = open_cell(html, "", label);
  basis_tag(html, basis);
}

void under_line(HtmlWriter& html, std::string_view text) {
  if (!text.empty()) html.leaf("span", text, {{"class", "under"}});
}

void basis_tag(HtmlWriter& html, core::Basis basis) {
  const bool weak = basis == core::Basis::kAssumed || basis == core::Basis::kExtrapolated;
  html.leaf("span", core::name(basis), {{"class", weak ? "tag weak" : "tag"}});
}

}  // namespace spanwise::reports
