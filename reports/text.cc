// SPDX-License-Identifier: Apache-2.0
#include "reports/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace spanwise::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::size_t size = 1;                // bytes
  std::optional<char32_t> code_point;  // absent: these bytes are not UTF-8
};

// The first character of a non-empty text, by the table of well-formed byte sequences (Unicode 15, table
// 3-7).
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint8_t low = 0x80, high = 0xBF;  // what the second byte may be
  if (lead == 0xE0) low = 0xA0;          // overlong
  if (lead == 0xED) high = 0x9F;         // surrogates
  if (lead == 0xF0) low = 0x90;          // overlong
  if (lead == 0xF4) high = 0x8F;         // beyond U+10FFFF
  char32_t code = lead & (0x7F >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {i, std::nullopt};
    code = (code << 6) | (byte(i) & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {size, code};
}

// Controls, and the noncharacters that an HTML document must not hold.
bool is_forbidden(char32_t code) {
  const bool control = (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7F && code < 0xA0);
  const bool noncharacter = (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
  return control || noncharacter;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Words as a shell sees them: a space inside quotes does not end one.
std::vector<std::string_view> split_arguments(std::string_view command) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  char quote = 0;
  for (std::size_t i = 0; i <= command.size(); ++i) {
    const char c = i < command.size() ? command[i] : ' ';
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
    if (i < command.size() && (c != ' ' || quote != 0)) continue;
    if (i > start) words.push_back(command.substr(start, i - start));
    start = i + 1;
  }
  return words;
}

}  // namespace

std::string ascii_only(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto character = first_character(text);
    const char32_t code = character.code_point.value_or(0);
    if (code == '\t' || code == '\n' || code == '\r') {
      out += ' ';
    } else {
      out += code >= 0x20 && code < 0x7F ? static_cast<char>(code) : '?';
    }
    text.remove_prefix(character.size);
  }
  return out;
}

std::string printable_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto character = first_character(text);
    const bool good = character.code_point && !is_forbidden(*character.code_point);
    out += good ? text.substr(0, character.size) : kReplacement;
    text.remove_prefix(character.size);
  }
  return out;
}

std::string shorten(std::string_view text, std::size_t width) {
  std::size_t size = 0, kept = 0, count = 0;
  for (auto rest = text; !rest.empty(); rest = text.substr(size)) {
    size += first_character(rest).size;
    if (++count <= (width > 3 ? width - 3 : 0)) kept = size;
    if (count > width) return std::string(text.substr(0, kept)) + "...";
  }
  return std::string(text);
}

std::string cut(std::string_view text, std::size_t width) {
  if (text.size() <= width) return std::string(text);
  if (width <= 3) return std::string(text.substr(0, width));
  return std::string(text.substr(0, width - 3)) + "...";
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t first_width) {
  std::vector<std::string> lines;
  std::string line;
  const auto room = [&] { return lines.empty() ? first_width : width; };
  for (auto word : split_words(text)) {
    if (!line.empty() && line.size() + 1 + word.size() > room()) lines.push_back(std::exchange(line, {}));
    while (line.empty() && word.size() > room()) {
      const auto taken = room();
      lines.emplace_back(word.substr(0, taken));
      word.remove_prefix(taken);
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(line);
  return lines;
}

std::vector<std::string> wrap_command(std::string_view command, std::size_t width) {
  if (command.size() <= width) return {std::string(command)};
  const std::size_t room = width > 2 ? width - 2 : 1;  // before " \\"
  std::vector<std::string> lines;
  for (const auto word : split_arguments(command)) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= room) {
      lines.back() += fmt::format(" {}", word);
    } else {
      lines.push_back(cut(word, room));
    }
  }
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) lines[i] += " \\";
  return lines;
}

std::string counted(long long count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace spanwise::reports
