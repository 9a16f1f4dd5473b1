// SPDX-License-Identifier: Apache-2.0
#include "tests/architecture/blank.h"

#include <cctype>
#include <cstddef>

namespace spanwise::architecture {
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

namespace {

// Where the run of word characters that ends before `end` begins.
std::size_t word_begin(std::string_view text, std::size_t end) {
  while (end > 0 && is_word(text[end - 1])) --end;
  return end;
}

// 1'000: a quote inside a number separates digits. u8'a' is a literal: its prefix begins with a letter.
bool is_digit_separator(std::string_view text, std::size_t quote) {
  const std::size_t begin = word_begin(text, quote);
  return begin < quote && std::isdigit(static_cast<unsigned char>(text[begin])) != 0;
}

bool is_raw_string(std::string_view text, std::size_t quote) {
  const std::string_view prefix = text.substr(word_begin(text, quote), quote - word_begin(text, quote));
  return prefix == "R" || prefix == "u8R" || prefix == "uR" || prefix == "UR" || prefix == "LR";
}

// One past the closing quote. A literal that is not closed ends with its line, a raw string with the text.
std::size_t literal_end(std::string_view text, std::size_t quote) {
  if (text[quote] == '"' && is_raw_string(text, quote)) {
    const std::size_t open = text.find('(', quote);
    if (open == std::string_view::npos) return text.size();
    const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
    const std::size_t found = text.find(close, open);
    return found == std::string_view::npos ? text.size() : found + close.size();
  }
  for (std::size_t at = quote + 1; at < text.size(); ++at) {
    if (text[at] == text[quote]) return at + 1;
    if (text[at] == '\n') return at;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

std::size_t comment_end(std::string_view text, std::size_t begin) {
  const bool line = text[begin + 1] == '/';
  const std::size_t found = text.find(line ? "\n" : "*/", begin + 2);
  if (found == std::string_view::npos) return text.size();
  return line ? found : found + 2;
}

void blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; ++at) {
    if (text[at] != '\n') text[at] = ' ';
  }
}

std::string blanked(std::string_view text, bool literals) {
  std::string out(text);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view two = text.substr(at, 2);
    if (two == "//" || two == "/*") {
      const std::size_t end = comment_end(text, at);
      blank(out, at, end);
      at = end;
    } else if (text[at] == '"' || (text[at] == '\'' && !is_digit_separator(text, at))) {
      const std::size_t end = literal_end(text, at);
      if (literals) blank(out, at, end);
      at = end;
    } else {
      ++at;
    }
  }
  return out;
}

}  // namespace

std::string blank_comments(std::string_view text) {
  return blanked(text, false);
}

std::string blank_comments_and_literals(std::string_view text) {
  return blanked(text, true);
}

}  // namespace spanwise::architecture
