// SPDX-License-Identifier: Apache-2.0
// A forgiving walk over YAML text that has already failed to parse: which brackets stand open, which quote
// does not end, where a tab indents. It only has to be right often: it words messages, it never decides
// whether a file is valid.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace spanwise::documents {

struct YamlSurvey {
  std::vector<std::size_t> open_brackets;  // '[' and '{' that stand open at the end offset, outermost first
  std::optional<std::size_t> quote;        // the first quote that does not close in its line
  std::optional<std::size_t> tab;          // the first tab in the indentation of a line outside brackets
};

// Up to the end of the line that holds `end`.
YamlSurvey survey_yaml(std::string_view text, std::size_t end);

// The offset of the quote that closes the one at `offset` in the same line, or npos.
std::size_t closing_quote(std::string_view text, std::size_t offset);

// The line around an offset.
struct LineSpan {
  std::size_t begin = 0;
  std::size_t content = 0;  // the first character that is neither space nor tab; end when there is none
  std::size_t end = 0;      // of the text in the line
  std::size_t next = 0;     // the start of the next line, or one past the text
  std::size_t indent() const { return content - begin; }
};
LineSpan line_around(std::string_view text, std::size_t offset);

}  // namespace spanwise::documents
