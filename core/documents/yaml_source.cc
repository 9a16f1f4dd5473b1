// SPDX-License-Identifier: Apache-2.0
// YAML text to tree, by yaml-cpp's event interface.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "core/documents/document.h"
#include "core/documents/place_finder.h"
#include "core/documents/text_rules.h"
#include "core/documents/tree_builder.h"
#include "core/documents/yaml_mistakes.h"

namespace spanwise::documents {
namespace {

class Events final : public YAML::EventHandler {
 public:
  Events(TreeBuilder& builder, std::string_view text) : builder_(builder), text_(text), places_(text) {}

  [[noreturn]] void stop(const YamlMistake& mistake) { stop(mistake.offset, mistake.message, mistake.hint); }
  [[noreturn]] void stop(std::size_t offset, std::string message, std::string hint = {}) {
    const auto place = places_.at(offset);
    builder_.stop(place.line, place.column, std::move(message), std::move(hint));
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const bool marked = text_.substr(offset_of(mark)).starts_with("---");
    stop(offset_of(mark),
         marked ? "a second document starts here; a file holds one" : "text after the end of the document");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_properties(mark, anchor);
    const auto offset = offset_of(mark);
    const bool word = is_null_word(offset);
    if (builder_.at_key()) stop(offset, word ? "null cannot be a key" : "a key is missing before ':'");
    if (!word || (builder_.in_map() && offset == key_.offset)) return nothing(offset);
    const auto place = places_.at(offset);
    builder_.null(place.line, place.column);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    stop(offset_of(mark), "aliases ('*name') are not allowed", "write the value out again");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, anchor);
    const auto offset = offset_of(mark);
    const char c = letter(offset);
    const bool in_quotes = c == '"' || c == '\'';
    const bool block_text = c == '|' || c == '>';
    if (in_quotes) {
      if (const auto mistake = check_quoted_text(text_, offset)) stop(*mistake);
    } else if (!block_text) {
      if (const auto mistake = check_plain_text(text_, offset, value)) stop(*mistake);
    }
    const auto place = places_.at(offset);
    if (!builder_.at_key()) return builder_.scalar(place.line, place.column, value, in_quotes || block_text);
    if (value == "<<" && !in_quotes)
      stop(offset, "merge keys ('<<') are not allowed", "write the values out");
    builder_.key(place.line, place.column, value);
    key_ = {offset, in_quotes ? 0 : value.size(), place};
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Kind::kList, mark, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Kind::kMap, mark, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Key {
    std::size_t offset = 0;
    std::size_t plain_size = 0;  // 0: in quotes
    LineColumn place;
  };

  std::size_t offset_of(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(0, mark.pos)), text_.size());
  }
  char letter(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  bool is_null_word(std::size_t offset) const {
    const auto word =
        text_.substr(offset, std::min(text_.find_first_of(" \t\r\n,:]}", offset), text_.size()) - offset);
    return word == "~" || word == "null" || word == "Null" || word == "NULL";
  }

  // No value is written: after a key this is null, placed at the key. `offset` is that of the next token.
  void nothing(std::size_t offset) {
    LineColumn place;
    if (builder_.in_map()) {
      const auto after = text_.find_first_not_of(" \t", key_.offset + key_.plain_size);
      if (key_.plain_size > 0 && letter(after) != ':')
        stop(explain_missing_colon(text_, key_.offset, key_.plain_size));
      place = key_.place;
    } else {
      if (!brackets_.empty() && brackets_.back()) stop(offset, "a value is missing here");
      // An empty list item is placed at its dash.
      const auto dash = text_.substr(0, offset).find_last_not_of(" \t\r\n");
      place = places_.at(dash != std::string_view::npos && text_[dash] == '-' ? dash : offset);
    }
    builder_.null(place.line, place.column);
  }
  void open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    refuse_properties(mark, anchor);
    const auto offset = offset_of(mark);
    if (builder_.at_key()) stop(explain_bracket_key(text_, offset));
    const auto place = places_.at(offset);
    builder_.open(kind, place.line, place.column);
    brackets_.push_back(style == YAML::EmitterStyle::Flow);
  }
  void close() {
    builder_.close();
    brackets_.pop_back();
  }
  // A value with an anchor or a tag starts with it.
  void refuse_properties(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto offset = offset_of(mark);
    if (letter(offset) == '!') {
      const auto end = std::min(text_.find_first_of(" \t\r\n", offset), offset + 60);
      stop(offset, fmt::format("tags ('{}') are not allowed", text_.substr(offset, end - offset)));
    }
    if (anchor != 0) stop(offset, "anchors ('&name') are not allowed");
  }

  TreeBuilder& builder_;
  std::string_view text_;
  PlaceFinder places_;
  Key key_;
  std::vector<bool> brackets_;  // for every open list and map: is it written with brackets
  int documents_ = 0;
};

void parse(TreeBuilder& builder, std::string_view text) {
  Events events(builder, text);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(events)) builder.stop(1, 1, "the file holds no document");
    // A second document would be dropped silently; OnDocumentStart refuses it.
    parser.HandleNextDocument(events);
  } catch (const YAML::Exception& problem) {
    const bool placed = problem.mark.line >= 0;
    if (!placed) builder.stop(1, 1, problem.msg);
    events.stop(explain_yaml_error(text, static_cast<std::size_t>(problem.mark.pos), problem.msg));
  }
}

}  // namespace

core::Result<Document> parse_yaml(std::string_view text, std::string file, const Limits& limits) {
  text = without_byte_order_mark(text);
  TreeBuilder builder(file, limits);
  try {
    check_text(text, limits, builder);
    parse(builder, text);
  } catch (const BuildStop&) {
    // The reason stands in the builder's errors.
  }
  if (auto errors = builder.take_errors(); !errors.empty()) return errors;
  return Document{std::move(file), std::string(text), builder.take_root()};
}

}  // namespace spanwise::documents
