// SPDX-License-Identifier: Apache-2.0
// A ladder in the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/check.h"
#include "reports/ladder_words.h"
#include "reports/numbers.h"
#include "reports/screen.h"
#include "reports/terminal.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

constexpr std::size_t kIndent = 4;
constexpr std::size_t kNameWidth = 10;
// Reasons stand beside the numbers when they have this much room, else below them.
constexpr std::size_t kReasonWidth = 32;

struct Line {
  std::string name, time, speedup, reason;
};

std::vector<Line> lines_of(const Ladder& ladder, TimeScale scale) {
  std::vector<Line> lines = {
      {"dense", scale.text(ladder.reference_seconds), "1.00x",
       fmt::format("{} ({})", ladder.reference_kernel, core::name(ladder.reference_basis))}};
  for (const auto& rung : ladder.rungs) {
    lines.push_back({rung.name, scale.text(rung.seconds),
                     speedup_text(speedup(ladder.reference_seconds, rung.seconds)),
                     rung_reason(ladder, rung)});
  }
  return lines;
}

}  // namespace

core::Result<std::string> render_terminal(const Ladder& ladder, int columns, bool color) {
  if (const auto status = check(ladder); !status) return status.error();
  std::vector<double> times = {ladder.reference_seconds};
  for (const auto& rung : ladder.rungs) times.push_back(rung.seconds);
  const auto scale = time_scale(times);
  auto lines = lines_of(ladder, scale);
  std::size_t time_width = 4, speedup_width = 7;
  for (const auto& line : lines) {
    time_width = std::max(time_width, line.time.size());
    speedup_width = std::max(speedup_width, line.speedup.size());
  }

  Screen screen(columns, color);
  const std::vector<Remark> title = {{"", ladder.subject, "", Style::kStrong}};
  screen.remarks(title, kIndent);
  lines.insert(lines.begin(), {"rung", scale.unit, "speedup", "what it loses and why"});
  std::vector<Remark> rows;
  const auto numbers_width = kNameWidth + 2 + time_width + 3 + speedup_width + 3;
  const bool beside = screen.columns() >= numbers_width + kReasonWidth;
  for (const auto& line : lines) {
    auto numbers = fmt::format("{:<{}}  {:>{}}   {:>{}}", cut(ascii_only(line.name), kNameWidth), kNameWidth,
                               line.time, time_width, line.speedup, speedup_width);
    if (beside) {
      rows.push_back({numbers, line.reason, ""});
    } else {
      screen.line(numbers);
      const std::vector<Remark> below = {{" ", line.reason, ""}};
      screen.remarks(below, kIndent);
    }
  }
  screen.remarks(rows, numbers_width);
  const auto factors = factors_apart(ladder);
  std::vector<Remark> notes;
  for (const auto& factor : factors) notes.push_back({"", factor.name + ": " + factor.value, ""});
  screen.remarks(notes, kIndent);
  return screen.text();
}

}  // namespace spanwise::reports
