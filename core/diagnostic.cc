// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace spanwise::core {
namespace {

std::string_view line_of(std::string_view source, std::uint32_t line) {
  std::size_t start = 0;
  for (std::uint32_t current = 1; current < line; ++current) {
    const auto newline = source.find('\n', start);
    if (newline == std::string_view::npos) return {};
    start = newline + 1;
  }
  auto text = source.substr(start, source.find('\n', start) - start);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}
bool is_control(char byte) {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
}

// Byte offsets at which the characters of a line start, and its end.
std::vector<std::size_t> character_starts(std::string_view line) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!continues(line[i])) starts.push_back(i);
  }
  starts.push_back(line.size());
  return starts;
}

// The offending line, cut to what fits a terminal, with a caret under the column. Control characters would
// reach the terminal, so they are shown as '?'.
std::string excerpt(const Place& place, std::string_view source) {
  constexpr std::size_t kWidth = 90;
  constexpr std::size_t kBefore = 70;
  const auto line = line_of(source, place.line);
  const auto starts = character_starts(line);
  const std::size_t column = place.column > 0 ? place.column - 1 : 0;
  if (line.empty() || column >= starts.size()) return {};
  const std::size_t first = column > kBefore ? column - kBefore : 0;
  const std::size_t last = std::min(first + kWidth, starts.size() - 1);
  std::string shown(line.substr(starts[first], starts[last] - starts[first]));
  for (char& c : shown) c = is_control(c) && c != '\t' ? '?' : c;
  std::string pad;
  for (std::size_t i = first; i < column; ++i) pad += line[starts[i]] == '\t' ? '\t' : ' ';
  return fmt::format("{:>5} | {}\n      | {}^\n", place.line, shown, pad);
}

// Messages quote what users wrote; one message stays on one line.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += is_control(c) ? '?' : c;
    }
  }
  return out;
}

// "file:line:column: error: message" and the excerpt.
std::string said_at(const Place& place, std::string_view kind, std::string_view message, std::string_view source) {
  std::string text;
  if (!place.file.empty() && place.line > 0) {
    text = fmt::format("{}:{}:{}: ", place.file, place.line, place.column);
  } else if (!place.file.empty()) {
    text = fmt::format("{}: ", place.file);
  }
  text += fmt::format("{}: {}\n", kind, printable(message));
  if (place.line > 0 && !source.empty()) text += excerpt(place, source);
  return text;
}

}  // namespace

std::string render(const Diagnostic& diagnostic, std::string_view source) {
  const auto& place = diagnostic.place;
  auto text = said_at(place, "error", diagnostic.message, source);
  if (!diagnostic.hint.empty()) text += fmt::format("  hint: {}\n", printable(diagnostic.hint));
  for (const auto& note : diagnostic.notes) {
    text += said_at(note.place, "note", note.message, note.place.file == place.file ? source : std::string_view{});
  }
  return text;
}

std::string render(const Diagnostics& diagnostics, std::string_view source) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += render(diagnostic, source);
  return text;
}

int exit_code(const Diagnostics& diagnostics) {
  const auto has = [&](Fault fault) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [fault](const Diagnostic& d) { return d.fault == fault; });
  };
  if (has(Fault::kInterrupted)) return 130;
  if (has(Fault::kInternal)) return 70;
  if (has(Fault::kEnvironment)) return 3;
  if (has(Fault::kInput)) return 2;
  return 1;
}

}  // namespace spanwise::core
