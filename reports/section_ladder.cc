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

// Beside a dense bar of more than this many times the last rung, what the rungs add could not be seen.
constexpr double kMaxDense = 2.5;

// What the full width of a bar stands for. The dense bar is cut where it is longer.
struct BarScale {
  double whole = 0;  // seconds
  bool dense_is_cut = false;
};

BarScale bar_scale(const Ladder& ladder) {
  const double last = ladder.rungs.empty() ? 0 : ladder.rungs.back().seconds;
  if (last > 0 && ladder.reference_seconds > kMaxDense * last) return {last * 1.25, true};
  return {std::max(last, ladder.reference_seconds), false};
}

void write_bar_cell(HtmlWriter& html, double before, double seconds, double whole, const std::string& name) {
  const auto cell = html.element("td", {{"class", "bar-cell"}});
  const std::vector<BarPart> parts = {
      {before, "keep", fmt::format("before {}: {}", name, time_text(before))},
      {seconds - before, "lose", fmt::format("{} adds {}", name, time_text(seconds - before))}};
  draw_bar(html, parts, whole, fmt::format("{}: {}", name, time_text(seconds)));
}

void write_dense_row(HtmlWriter& html, const Ladder& ladder, TimeScale times, BarScale bars) {
  const auto row = html.element("tr");
  row_header(html, "dense");
  {
    const auto cell = html.element("td", {{"class", "bar-cell"}});
    const std::string dense = "c-dense", gap = "gap";
    std::vector<BarPart> parts = {{ladder.reference_seconds, dense, ladder.reference_kernel}};
    if (bars.dense_is_cut) {
      parts = {{bars.whole * 0.90, dense, ladder.reference_kernel},
               {bars.whole * 0.015, gap, "the bar is cut"},
               {bars.whole * 0.02, dense, "the bar is cut"},
               {bars.whole * 0.015, gap, "the bar is cut"},
               {bars.whole * 0.05, dense, "the bar is cut"}};
    }
    draw_bar(html, parts, bars.whole, fmt::format("dense: {}", time_text(ladder.reference_seconds)));
  }
  number_cell(html, times.text(ladder.reference_seconds));
  number_cell(html, speedup_text(1.0));
  const auto why = html.element("td", {{"class", "words"}});
  html.text(ladder.reference_kernel + " ");
  basis_tag(html, ladder.reference_basis);
  if (bars.dense_is_cut) html.text(" - its bar is cut");
}

void write_rungs(HtmlWriter& html, const Ladder& ladder, TimeScale times) {
  const auto bars = bar_scale(ladder);
  write_dense_row(html, ladder, times, bars);
  html.new_line();
  // The first rung loses nothing: it is what remains when everything else is perfect.
  double before = ladder.rungs.empty() ? 0 : ladder.rungs.front().seconds;
  for (const auto& rung : ladder.rungs) {
    const auto row = html.element("tr");
    row_header(html, rung.name);
    write_bar_cell(html, before, rung.seconds, bars.whole, rung.name);
    number_cell(html, times.text(rung.seconds));
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
  std::vector<double> seconds = {ladder.reference_seconds};
  for (const auto& rung : ladder.rungs) seconds.push_back(rung.seconds);
  const auto scale = time_scale(seconds);
  html.leaf("h3", workload.name);
  write_table(html, "wide ladder", ladder.subject,
              {{"rung"}, {"time"}, {scale.unit, true}, {"speedup", true}, {"what it loses and why"}},
              [&] { write_rungs(html, ladder, scale); });
  write_factors(html, ladder);
}

void write_ladder_key(HtmlWriter& html) {
  const auto key = html.element("ul", {{"class", "key"}});
  for (const auto& [css_class, words] :
       {std::pair{"keep", "time up to the rung before"}, std::pair{"lose", "what this rung adds"}}) {
    const auto item = html.element("li");
    draw_swatch(html, css_class);
    html.text(words);
  }
}

}  // namespace

void write_ladders(HtmlWriter& html, const ReportModel& model) {
  const bool any = std::any_of(model.workloads.begin(), model.workloads.end(),
                               [](const Workload& workload) { return workload.ladder.has_value(); });
  if (!any) return;
  const auto section = html.element("section");
  html.leaf("h2", "How fast it could be");
  html.leaf(
      "p",
      "Each rung adds one effect to all before it: no kernel of this kind is faster than a rung unless it "
      "escapes the effects up to it. Speedups are over the dense kernel in the first row.");
  write_ladder_key(html);
  for (const auto& workload : model.workloads) {
    if (workload.ladder) write_ladder(html, workload);
  }
}

}  // namespace spanwise::reports
