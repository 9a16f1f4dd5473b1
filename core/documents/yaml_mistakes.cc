// SPDX-License-Identifier: Apache-2.0
#include "core/documents/yaml_mistakes.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>

#include <algorithm>

#include "core/documents/place_finder.h"
#include "core/documents/yaml_survey.h"

namespace spanwise::documents {
namespace {

std::string_view content_of(std::string_view text, const LineSpan& line) {
  return text.substr(line.content, line.end - line.content);
}

bool has_content(std::string_view text, const LineSpan& line) {
  return line.content < line.end && text[line.content] != '#';
}

// The nearest line above that is neither blank nor a comment.
std::optional<LineSpan> line_above(std::string_view text, LineSpan line) {
  while (line.begin > 0) {
    line = line_around(text, line.begin - 1);
    if (has_content(text, line)) return line;
  }
  return std::nullopt;
}

// The offset of the first ':' that separates a key from its value, or npos.
std::size_t separator(std::string_view line) {
  for (auto at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
    if (at + 1 == line.size() || line[at + 1] == ' ' || line[at + 1] == '\t') return at;
  }
  return std::string_view::npos;
}

// Whether the bracket is closed before a line that is indented no deeper than its own (unless that line
// closes it). Counts brackets of its own kind and does not look at quotes.
bool is_closed(std::string_view text, std::size_t bracket) {
  const char closer = text[bracket] == '[' ? ']' : '}';
  auto line = line_around(text, bracket);
  const auto indent = line.indent();
  int depth = 0;
  for (std::size_t start = bracket;;) {
    for (std::size_t i = start; i < line.end; ++i) {
      if (text[i] == text[bracket]) ++depth;
      if (text[i] == closer && --depth == 0) return true;
    }
    do {
      if (line.next >= text.size()) return false;
      line = line_around(text, line.next);
    } while (!has_content(text, line));
    if (line.indent() <= indent && text[line.content] != closer) return false;
    start = line.begin;
  }
}

YamlMistake never_closed(std::string_view text, std::size_t bracket) {
  return {bracket, fmt::format("'{}' is never closed", text[bracket]),
          fmt::format("close it with '{}'; is the file whole?", text[bracket] == '[' ? ']' : '}')};
}

// A ':' or a word inside brackets that nothing separates from the value before it.
YamlMistake missing_comma(std::string_view text, std::size_t offset, std::size_t bracket) {
  if (offset < text.size() && text[offset] == ':') {
    while (offset > bracket && std::string_view(" \t\n,[{").find(text[offset - 1]) == std::string_view::npos)
      --offset;
  }
  return {offset, fmt::format("expected ',' or '{}' here", text[bracket] == '[' ? ']' : '}'),
          "items in brackets are separated by ','"};
}

YamlMistake explain_flow_end(std::string_view text, std::size_t offset, const YamlSurvey& survey) {
  const char closer = offset < text.size() ? text[offset] : ' ';
  if (survey.open_brackets.empty()) return {offset, fmt::format("'{}' closes nothing", closer), "remove it, or open it earlier"};
  const auto opener = survey.open_brackets.back();
  return {offset,
          fmt::format("'{}' does not close the '{}' of line {}", closer, text[opener],
                      PlaceFinder(text).at(opener).line),
          fmt::format("close that one with '{}' first", text[opener] == '[' ? ']' : '}')};
}

YamlMistake runs_on(std::size_t offset) {
  return {offset, "this line continues the text above it",
          "check the indentation and the ':' of both lines; long texts need '>' or '|'"};
}

// yaml-cpp found a ':' where no key can be: on the second line of what it takes for one text, or twice in one
// line.
YamlMistake explain_map_value(std::string_view text, std::size_t offset) {
  const auto line = line_around(text, offset);
  const auto first = separator(content_of(text, line));
  if (first != std::string_view::npos && line.content + first < offset) {
    return {offset, "a second ':' in one value", "put a text that holds ': ' in quotes"};
  }
  const auto above = line_above(text, line);
  if (!above) return {offset, "no key can stand here", "write one 'key: value' a line"};
  const auto content = content_of(text, *above);
  if (separator(content) == std::string_view::npos) {
    if (const auto colon = content.find(':'); colon != std::string_view::npos) {
      return {above->content + colon, "a space is missing after ':'", "write 'key: value'"};
    }
    return explain_missing_colon(text, above->content, content.size());
  }
  return runs_on(line.content);
}

bool starts_item(std::string_view content) {
  return content == "-" || content.starts_with("- ");
}

// A block ended where another of its lines should have followed.
YamlMistake explain_block_end(std::string_view text, std::size_t offset) {
  const auto line = line_around(text, offset);
  if (offset != line.content)
    return {offset, "unexpected text after the value", "a text with quotes inside needs quotes around it"};
  bool known_indent = false;
  for (auto above = line_above(text, line); above && !known_indent; above = line_above(text, *above)) {
    known_indent = above->indent() == line.indent();
  }
  if (!known_indent) {
    return {offset, fmt::format("an indentation of {} fits no level above", line.indent()),
            "indent it like the lines that belong to the same map or list"};
  }
  return {offset, starts_item(content_of(text, line)) ? "a list item among keys" : "a key among list items",
          "a map holds only keys, a list only items that start with '-'"};
}

bool is_escape_error(std::string_view parser_message) {
  return parser_message.starts_with(YAML::ErrorMsg::INVALID_ESCAPE) ||
         parser_message.starts_with(YAML::ErrorMsg::INVALID_UNICODE) ||
         parser_message == YAML::ErrorMsg::INVALID_HEX;
}

}  // namespace

YamlMistake explain_yaml_error(std::string_view text, std::size_t offset, std::string_view parser_message) {
  offset = std::min(offset, text.size());
  const auto survey = survey_yaml(text, offset);
  const bool tab_stop = parser_message == YAML::ErrorMsg::TAB_IN_INDENTATION;
  if (survey.tab || tab_stop)
    return {survey.tab.value_or(offset), "a tab in the indentation", "indent with spaces"};
  if (survey.quote) return *check_quoted_text(text, *survey.quote);
  if (parser_message == YAML::ErrorMsg::FLOW_END) return explain_flow_end(text, offset, survey);
  if (!survey.open_brackets.empty()) {
    const auto opener = survey.open_brackets.back();
    if (!is_closed(text, opener)) return never_closed(text, opener);
    if (parser_message == YAML::ErrorMsg::END_OF_MAP_FLOW ||
        parser_message == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
      return missing_comma(text, offset, opener);
    }
  }
  if (parser_message == YAML::ErrorMsg::MAP_VALUE) return explain_map_value(text, offset);
  if (parser_message == YAML::ErrorMsg::END_OF_MAP || parser_message == YAML::ErrorMsg::END_OF_SEQ) {
    return explain_block_end(text, offset);
  }
  if (parser_message == YAML::ErrorMsg::BLOCK_ENTRY) {
    return {offset, "a list item cannot start here", "put '-' on a line of its own below its key"};
  }
  if (parser_message == YAML::ErrorMsg::UNKNOWN_TOKEN && offset < text.size()) {
    return {offset, fmt::format("a text cannot start with '{}'", text[offset]), "put it in quotes"};
  }
  if (is_escape_error(parser_message)) {
    const auto backslash = text.substr(0, offset).rfind('\\');
    if (backslash != std::string_view::npos) offset = backslash;
    return {offset, "not an escape sequence that is known",
            "write \\\\ for a backslash, or use single quotes"};
  }
  if (parser_message == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
    return {offset, "aliases ('*name') are not allowed", "write the value out again"};
  }
  return {offset, std::string(parser_message), {}};
}

std::optional<YamlMistake> check_quoted_text(std::string_view text, std::size_t offset) {
  if (closing_quote(text, offset) != std::string_view::npos) return std::nullopt;
  return YamlMistake{offset, "this quote is not closed in its line", "long texts need '>' or '|'"};
}

std::optional<YamlMistake> check_plain_text(std::string_view text, std::size_t offset,
                                            std::string_view value) {
  if (text.substr(offset, value.size()) == value) return std::nullopt;
  const auto brackets = survey_yaml(text, offset).open_brackets;
  if (!brackets.empty() && !is_closed(text, brackets.back())) return never_closed(text, brackets.back());
  auto line = line_around(text, offset);
  do {
    line = line_around(text, line.next);
  } while (line.next < text.size() && !has_content(text, line));
  return brackets.empty() ? runs_on(line.content) : missing_comma(text, line.content, brackets.back());
}

YamlMistake explain_missing_colon(std::string_view text, std::size_t offset, std::size_t size) {
  const auto brackets = survey_yaml(text, offset).open_brackets;
  if (!brackets.empty() && !is_closed(text, brackets.back())) return never_closed(text, brackets.back());
  return {offset,
          fmt::format("expected ':' after '{}'", text.substr(offset, std::min<std::size_t>(size, 60))),
          "write 'key: value'"};
}

YamlMistake explain_bracket_key(std::string_view text, std::size_t offset) {
  // An open bracket makes the parser take all that follows for a key.
  auto brackets = survey_yaml(text, text.size()).open_brackets;
  for (; !brackets.empty() && brackets.back() >= offset; brackets.pop_back()) {
    if (!is_closed(text, brackets.back())) return never_closed(text, brackets.back());
  }
  return {offset, "a list or map cannot be a key", "a key is a word; put brackets that belong to a text in quotes"};
}

}  // namespace spanwise::documents
