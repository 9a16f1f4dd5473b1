// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/ladder_words.h"
#include "reports/numbers.h"
#include "reports/page_parts.h"
#include "reports/page_sections.h"
#include "reports/palette.h"
#include "reports/svg_bars.h"

namespace spanwise::reports {
namespace {

void write_bar_cell(HtmlWriter& html, double before, double seconds, double whole, const std::string& name) {
  const auto cell = html.element("td", {{"class", "bar-cell"}});
  const std::vector<BarPart> parts = {
      {before, {"keep", ""}, fmt::format("before {}: {}", name, time_text(before))},
      {seconds - before, {"lose", ""}, fmt::format("{} adds {}", name, time_text(seconds - before))}};
  draw_bar(html, parts, whole, fmt::format("{}: {}", name, time_text(seconds)));
}

void write_dense_row(HtmlWriter& html, const Ladder& ladder, TimeScale scale, double whole) {
  const auto row = html.element("tr");
  row_header(html, "dense");
  {
    const auto cell = html.element("td", {{"class", "bar-cell"}});
    const std::vector<BarPart> parts = {{ladder.reference_seconds, {"c-dense", ""}, ladder.reference_kernel}};
    draw_bar(html, parts, whole, fmt::format("dense: {}", time_text(ladder.reference_seconds)));
  }
  number_cell(html, scale.text(ladder.reference_seconds));
  number_cell(html, speedup_text(1.0));
  const auto why = html.element("td", {{"class", "words"}});
  html.text(ladder.reference_kernel + " ");
  basis_tag(html, ladder.reference_basis);
}

void write_rungs(HtmlWriter& html, const Ladder& ladder, TimeScale scale) {
  double whole = ladder.reference_seconds, before = 0;
  if (!ladder.rungs.empty()) whole = std::max(whole, ladder.rungs.back().seconds);
  write_dense_row(html, ladder, scale, whole);
  html.new_line();
  for (const auto& rung : ladder.rungs) {
    const auto row = html.element("tr");
    row_header(html, rung.name);
    // The first rung loses nothing: it is what remains when everything else is perfect.
    write_bar_cell(html, &rung == ladder.rungs.data() ? rung.seconds : before, rung.seconds, whole,
                   rung.name);
    number_cell(html, scale.text(rung.seconds));
    number_cell(html, speedup_text(speedup(ladder.reference_seconds, rung.seconds)));
    words_cell(html, rung_reason(ladder, rung));
    html.new_line();
    before = rung.seconds;
  }
}

void write_factors(HtmlWriter& html, const Ladder& ladder) {
  const auto factors = factors_apart(ladder);
  if (factors.empty()) return;
  html.leaf("p", "Apart from the rungs:", {{"class", "quiet"}});
  const auto list = html.element("ul");
  for (const auto& factor : factors) {
    const auto item = html.element("li");
    html.leaf("strong", fmt::format("{} {}", factor.name, factor.value));
    html.text(fmt::format(": {}", factor.explanation));
  }
}

void write_ladder(HtmlWriter& html, const Workload& workload) {
  const auto& ladder = *workload.ladder;
  std::vector<double> times = {ladder.reference_seconds};
  for (const auto& rung : ladder.rungs) times.push_back(rung.seconds);
  const auto scale = time_scale(times);
  html.leaf("h3", workload.name);
  write_table(html, "ladder", ladder.subject,
              {{"rung"}, {"time"}, {scale.unit, true}, {"speedup", true}, {"what it loses and why"}},
              [&] { write_rungs(html, ladder, scale); });
  write_factors(html, ladder);
}

}  // namespace

void write_ladders(HtmlWriter& html, const ReportModel& model) {
  const bool any = std::any_of(model.workloads.begin(), model.workloads.end(),
                               [](const Workload& workload) { return workload.ladder.has_value(); });
  if (!any) return;
  const auto section = html.element("section");
  html.leaf("h2", "How fast it could be");
  html.leaf("p",
            "Each rung adds one effect to all before it, so no kernel of this kind can be faster than a rung "
            "without "
            "escaping the effects up to it. Speedups are over the dense kernel of the first row.");
  const auto key = html.element("ul", {{"class", "key"}});
  for (const auto& [css_class, words] :
       {std::pair{"keep", "time up to the rung before"}, std::pair{"lose", "what this rung adds"}}) {
    const auto item = html.element("li");
    draw_swatch(html, {css_class, ""});
    html.text(words);
  }
  for (const auto& workload : model.workloads) {
    if (workload.ladder) write_ladder(html, workload);
  }
}

}  // namespace spanwise::reports
