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
constexpr std::size_t kRungNameWidth = 10;
// Reasons stand beside the numbers when they have this much room, else below them.
constexpr std::size_t kReasonWidth = 32;

struct Line {
  std::string name, time, speedup, reason;
};

// The header, the dense reference, then the rungs.
std::vector<Line> lines_of(const Ladder& ladder) {
  std::vector<double> seconds = {ladder.reference_seconds};
  for (const auto& rung : ladder.rungs) seconds.push_back(rung.seconds);
  const auto scale = time_scale(seconds);
  std::vector<Line> lines = {{"rung", scale.unit, "speedup", "what it loses and why"}};
  lines.push_back({"dense", scale.text(ladder.reference_seconds), speedup_text(1.0),
                   fmt::format("{} ({})", ladder.reference_kernel, core::name(ladder.reference_basis))});
  for (const auto& rung : ladder.rungs) {
    lines.push_back({rung.name, scale.text(rung.seconds),
                     speedup_text(speedup(ladder.reference_seconds, rung.seconds)),
                     rung_reason(ladder, rung)});
  }
  return lines;
}

// Each line's name and numbers, as columns of the same width.
std::vector<std::string> align_numbers(const std::vector<Line>& lines) {
  std::size_t time_width = 0, speedup_width = 0;
  for (const auto& line : lines) {
    time_width = std::max(time_width, line.time.size());
    speedup_width = std::max(speedup_width, line.speedup.size());
  }
  std::vector<std::string> aligned;
  for (const auto& line : lines) {
    aligned.push_back(fmt::format("{:<{}}  {:>{}}   {:>{}}   ", cut(ascii_only(line.name), kRungNameWidth),
                                  kRungNameWidth, line.time, time_width, line.speedup, speedup_width));
  }
  return aligned;
}

void print_rungs(const Ladder& ladder, Screen& screen) {
  const auto lines = lines_of(ladder);
  const auto numbers = align_numbers(lines);
  const auto width = numbers.front().size();
  if (screen.columns() >= width + kReasonWidth) {
    std::vector<Remark> rows;
    for (std::size_t i = 0; i < lines.size(); ++i) rows.push_back({numbers[i], lines[i].reason});
    screen.remarks(rows, width);
    return;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    screen.line(numbers[i]);
    const std::vector<Remark> below = {{" ", lines[i].reason}};
    if (!lines[i].reason.empty()) screen.remarks(below, kIndent);
  }
}

}  // namespace

core::Result<std::string> render_terminal(const Ladder& ladder, int columns, bool color) {
  if (const auto status = check(ladder); !status) return status.error();
  Screen screen(columns, color);
  const std::vector<Remark> title = {{"", ladder.subject, "", Style::kStrong}};
  screen.remarks(title, kIndent);
  print_rungs(ladder, screen);
  std::vector<Remark> notes;
  for (const auto& factor : factors_apart(ladder)) notes.push_back({"", factor.name + ": " + factor.value});
  screen.remarks(notes, kIndent);
  return screen.text();
}

}  // namespace spanwise::reports
