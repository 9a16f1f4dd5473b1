// SPDX-License-Identifier: Apache-2.0
// Small pieces that several sections of the page use.
#pragma once

#include <initializer_list>
#include <string_view>

#include "core/provenance.h"
#include "reports/html_writer.h"

namespace spanwise::reports {

struct HeaderCell {
  std::string_view text;
  bool number = false;
};

// A table in a box that scrolls sideways when the screen is narrow. The body is written by `rows()`.
template <class Rows>
void write_table(HtmlWriter& html, std::string_view css_class, std::string_view caption,
                 std::initializer_list<HeaderCell> head, Rows rows) {
  const auto box = html.element(
      "div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", caption}, {"tabindex", "0"}});
  const auto table = html.element("table", {{"class", css_class}});
  html.leaf("caption", caption);
  {
    const auto thead = html.element("thead");
    const auto row = html.element("tr");
    for (const auto& cell : head) {
      html.leaf("th", cell.text, {{"scope", "col"}, {"class", cell.number ? "number" : ""}});
    }
  }
  const auto body = html.element("tbody");
  html.new_line();
  rows();
}

void row_header(HtmlWriter& html, std::string_view text);
void number_cell(HtmlWriter& html, std::string_view text);
void words_cell(HtmlWriter& html, std::string_view text);
void basis_cell(HtmlWriter& html, core::Basis basis);

// "measured", "assumed", ...: weak ones stand out.
void basis_tag(HtmlWriter& html, core::Basis basis);

}  // namespace spanwise::reports
