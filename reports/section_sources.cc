// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/page_parts.h"
#include "reports/page_sections.h"

namespace spanwise::reports {

void write_sources(HtmlWriter& html, const ReportModel& model) {
  if (!model.provenance.empty()) {
    const auto section = html.element("section");
    html.leaf("h2", "Where the numbers come from");
    write_table(html, "wide", "Figures behind the times above",
                {{"figure"}, {"value", true}, {"basis"}, {"source"}}, [&] {
                  for (const auto& figure : model.provenance) {
                    const auto row = html.element("tr");
                    row_header(html, figure.figure);
                    number_cell(html, figure.value);
                    basis_cell(html, figure.basis);
                    words_cell(html, figure.source);
                    html.new_line();
                  }
                });
  }
  if (model.command_line.empty()) return;
  const auto section = html.element("section");
  html.leaf("h2", "Again");
  html.leaf("p", fmt::format("This report was made by Spanwise {} with", model.version));
  html.leaf("pre", model.command_line);
}

}  // namespace spanwise::reports
