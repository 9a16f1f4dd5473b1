// SPDX-License-Identifier: Apache-2.0
#include "reports/page.h"

#include <fmt/format.h>

#include "reports/check.h"
#include "reports/html_writer.h"
#include "reports/page_sections.h"
#include "reports/page_style.h"

namespace spanwise::reports {
namespace {

// Nothing may be loaded or run, whatever a name in the report says.
constexpr std::string_view kContentPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

void write_head(HtmlWriter& html, const ReportModel& model) {
  const auto head = html.element("head");
  html.empty("meta", {{"charset", "utf-8"}});
  html.empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", kContentPolicy}});
  html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  html.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  html.leaf("title", fmt::format("{} on {} - Spanwise", model.header.model, model.header.hardware));
  html.style_sheet(kPageStyle);
}

void write_main(HtmlWriter& html, const ReportModel& model) {
  const auto main = html.element("main");
  write_headline(html, model);
  write_notes(html, model.header);
  write_plan(html, model);
  write_ladders(html, model);
  write_operators(html, model);
  if (model.front) write_front_section(html, *model.front);
  write_proof(html, model);
  write_validation(html, model);
  write_sources(html, model);
}

}  // namespace

core::Result<std::string> render_page(const ReportModel& model) {
  if (const auto status = check(model); !status) return status.error();
  HtmlWriter html;
  html.doctype();
  {
    const auto root = html.element("html", {{"lang", "en"}});
    write_head(html, model);
    const auto body = html.element("body");
    html.new_line();
    write_main(html, model);
    const auto footer = html.element("footer");
    html.text(fmt::format("Spanwise {}. Charts need no script and no network.", model.version));
  }
  return html.str() + "\n";
}

}  // namespace spanwise::reports
