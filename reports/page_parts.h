// SPDX-License-Identifier: Apache-2.0
// Small pieces that several sections of the page use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/provenance.h"
#include "reports/html_writer.h"

namespace spanwise::reports {

struct HeaderCell {
  std::string text;
  bool number = false;
};

void write_table_head(HtmlWriter& html, const std::vector<HeaderCell>& head);

// A box that scrolls sideways on a narrow screen; `label` is what a screen reader calls it.
HtmlWriter::Scope open_box(HtmlWriter& html, std::string_view label);

// A table in such a box. The body is written by `rows()`. Classes: "wide" fills the page; "stack" turns each
// row into a small card on a narrow screen, where the cells' labels replace the header.
template <class Rows>
void write_table(HtmlWriter& html, std::string_view css_class, std::string_view caption,
                 const std::vector<HeaderCell>& head, Rows rows) {
  const auto box = open_box(html, caption);
  const auto table = html.element("table", {{"class", css_class}});
  html.leaf("caption", caption);
  write_table_head(html, head);
  const auto body = html.element("tbody");
  html.new_line();
  rows();
}

void row_header(HtmlWriter& html, std::string_view text);
void words_cell(HtmlWriter& html, std::string_view text);
// `label` is for tables of class "stack".
HtmlWriter::Scope open_cell(HtmlWriter& html, std::string_view css_class, std::string_view label);
void number_cell(HtmlWriter& html, std::string_view text, std::string_view label = {});
void basis_cell(HtmlWriter& html, core::Basis basis, std::string_view label = {});

// A quieter line below what a cell says; nothing for an empty text.
void under_line(HtmlWriter& html, std::string_view text);

// "measured", "assumed", ...: weak ones stand out.
void basis_tag(HtmlWriter& html, core::Basis basis);

}  // namespace spanwise::reports
