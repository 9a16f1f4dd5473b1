// SPDX-License-Identifier: Apache-2.0
#include "core/documents/yaml_survey.h"

#include <algorithm>
#include <utility>

namespace spanwise::documents {
namespace {

class Walk {
 public:
  Walk(std::string_view text, std::size_t end) : text_(text), end_(end) {}

  YamlSurvey run() {
    for (std::size_t at = 0; at < text_.size() && !done_;) {
      const auto line = line_around(text_, at);
      read_line(line);
      done_ = done_ || line.end >= end_;
      at = line.next;
    }
    if (!noted_) survey_.open_brackets = brackets_;
    return survey_;
  }

 private:
  void read_line(const LineSpan& line) {
    const bool blank = line.content == line.end;
    if (in_block_text_ && (blank || line.indent() > block_indent_)) return;
    in_block_text_ = false;
    if (blank || text_[line.content] == '#') return;
    const auto tab = text_.substr(line.begin, line.indent()).find('\t');
    if (tab != std::string_view::npos && brackets_.empty() && !survey_.tab) survey_.tab = line.begin + tab;
    value_starts_ = true;
    for (std::size_t i = line.content; i < line.end && !done_; ++i) {
      if (i >= end_ && !noted_) note();
      if (text_[i] == '#' && i > line.begin && is_space(i - 1)) return;
      i = read_character(i, line);
    }
    if (end_ <= line.end && !noted_) note();
  }

  // Reads what stands at i; returns the offset of its last character.
  std::size_t read_character(std::size_t i, const LineSpan& line) {
    const char c = text_[i];
    if (c == ' ' || c == '\t') return i;
    const bool starts = std::exchange(value_starts_, false);
    const bool flow = !brackets_.empty();
    if (starts && (c == '"' || c == '\'')) {
      const auto close = closing_quote(text_, i);
      if (close == std::string_view::npos) {
        survey_.quote = i;
        done_ = true;
        return line.end;
      }
      // "key":value needs no space after a quote inside brackets.
      value_starts_ = flow && close + 1 < line.end && text_[close + 1] == ':';
      return value_starts_ ? close + 1 : close;
    }
    if ((starts || flow) && (c == '[' || c == '{')) {
      brackets_.push_back(i);
      value_starts_ = true;
    } else if (flow && (c == ']' || c == '}')) {
      close_bracket(c);
    } else if (starts && !flow && (c == '|' || c == '>')) {
      in_block_text_ = true;
      block_indent_ = line.indent();
      return line.end;
    } else if (ends_word(i, line) && (c == ':' || (starts && !flow && (c == '-' || c == '?')))) {
      value_starts_ = true;
    } else if (flow && c == ',') {
      value_starts_ = true;
    }
    return i;
  }

  void close_bracket(char c) {
    if ((text_[brackets_.back()] == '[') == (c == ']')) {
      brackets_.pop_back();
    } else {
      done_ = true;
    }
  }

  void note() {
    survey_.open_brackets = brackets_;
    noted_ = true;
  }
  bool is_space(std::size_t i) const { return text_[i] == ' ' || text_[i] == '\t'; }
  bool ends_word(std::size_t i, const LineSpan& line) const { return i + 1 == line.end || is_space(i + 1); }

  std::string_view text_;
  std::size_t end_;
  YamlSurvey survey_;
  std::vector<std::size_t> brackets_;
  std::size_t block_indent_ = 0;
  bool in_block_text_ = false;
  bool value_starts_ = true;
  bool noted_ = false;
  bool done_ = false;
};

}  // namespace

YamlSurvey survey_yaml(std::string_view text, std::size_t end) {
  return Walk(text, end).run();
}

std::size_t closing_quote(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t i = offset + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;  // the escaped character, be it a quote
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != '\'') return i;
      ++i;  // two single quotes stand for one
    }
  }
  return std::string_view::npos;
}

LineSpan line_around(std::string_view text, std::size_t offset) {
  LineSpan line;
  offset = std::min(offset, text.size());
  const auto newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  line.begin = newline == std::string_view::npos ? 0 : newline + 1;
  line.end = std::min(text.find('\n', offset), text.size());
  line.next = line.end + 1;
  if (line.end > line.begin && text[line.end - 1] == '\r') --line.end;
  line.content = std::min(text.find_first_not_of(" \t", line.begin), line.end);
  return line;
}

}  // namespace spanwise::documents
