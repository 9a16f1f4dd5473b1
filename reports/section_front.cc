// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/svg_front.h"

namespace spanwise::reports {
namespace {

void write_key(HtmlWriter& html) {
  const auto key = html.element("ul", {{"class", "key"}});
  const auto item = [&](std::string_view css_class, std::string_view path, std::string_view words) {
    const auto entry = html.element("li");
    {
      const auto svg =
          html.element("svg", {{"class", "swatch"}, {"viewBox", "0 0 12 12"}, {"aria-hidden", "true"}});
      html.empty("path", {{"class", css_class}, {"d", path}});
    }
    html.text(words);
  };
  item("front", "M0 2H6V10H12", "exact front");
  item("chosen", "M6 2a4 4 0 1 0 .01 0z", "this plan");
  item("uniform", "M2 2l8 8m0 -8l-8 8", "one rule on every head");
}

void write_point_cells(HtmlWriter& html, const std::optional<FrontPoint>& point) {
  number_cell(html, point ? percent(point->attention_share) : "-");
  number_cell(html, point ? short_number(point->loss) : "-");
}

}  // namespace

void write_front_section(HtmlWriter& html, const Front& front) {
  const auto section = html.element("section");
  html.leaf("h2", "What less time costs");
  {
    const auto figure = html.element("figure");
    {
      const auto box = open_box(html, "front");
      draw_front(html, front);
    }
    write_key(html);
    html.leaf("figcaption",
              fmt::format("Least {} for each share of dense time, of: {}.", front.loss, front.of));
  }
  if (front.samples.empty()) return;
  write_table(
      html, "", "The best plan and the best with one rule everywhere, at the same limits",
      {{"limit"}, {"attention", true}, {"loss", true}, {"uniform: attention", true}, {"uniform: loss", true}},
      [&] {
        for (const auto& sample : front.samples) {
          const auto row = html.element("tr");
          row_header(html, percent(sample.share_limit));
          write_point_cells(html, sample.best);
          write_point_cells(html, sample.best_uniform);
          html.new_line();
        }
      });
}

}  // namespace spanwise::reports
