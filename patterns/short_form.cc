// SPDX-License-Identifier: Apache-2.0
#include "patterns/short_form.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace spanwise::patterns {
namespace {

using documents::Entry;
using documents::Kind;
using documents::Node;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::size_t word_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_word(text[length])) ++length;
  return length;
}

// A word and then `:key` or `+word`; YAML has a space or a line's end after the colon.
bool is_short_form(std::string_view text) {
  const auto length = word_length(text);
  if (length == 0 || length + 1 >= text.size()) return false;
  return (text[length] == ':' || text[length] == '+') && is_word(text[length + 1]);
}

// A '+' that begins another part, and not the sum in an elastic length such as 1024+0.5*n.
bool begins_part(std::string_view after_plus) {
  const auto length = word_length(after_plus);
  if (length < 3 || std::isdigit(static_cast<unsigned char>(after_plus.front())) != 0) return false;
  return length == after_plus.size() || after_plus[length] == ':' || after_plus[length] == '+';
}

Node scalar(std::string_view text, std::size_t column) {
  Node node;
  node.kind = text.empty() ? Kind::kNull : Kind::kScalar;
  node.line = 1;
  node.column = static_cast<std::uint32_t>(column);
  node.text = std::string(text);
  return node;
}

Node empty_map(std::size_t column) {
  Node node = scalar("", column);
  node.kind = Kind::kMap;
  return node;
}

void shift(Node& node, std::uint32_t columns) {
  node.column += columns;
  for (auto& item : node.items) shift(item, columns);
  for (auto& entry : node.entries) entry.column += columns, shift(entry.value, columns);
}

core::Diagnostics wrong(std::size_t column, std::string message) {
  return {{core::Fault::kInput, {"pattern", 1, static_cast<std::uint32_t>(column)}, std::move(message),
           "for instance neighborhood:window=18x24x24,stride=16x8x8"}};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  core::Result<Node> read() {
    std::vector<Node> parts;
    for (;;) {
      auto part = read_part();
      if (!part) return part.error();
      parts.push_back(std::move(*part));
      if (at_ == text_.size()) break;
      ++at_;  // '+'
    }
    if (parts.size() == 1) return std::move(parts.front());
    Node list = empty_map(1);
    list.kind = Kind::kList;
    list.items = std::move(parts);
    Node all = empty_map(1);
    all.entries.push_back({"union", 1, 1, std::move(list)});
    return all;
  }

 private:
  std::size_t column() const { return at_ + 1; }
  bool at_end_of_part() const {
    return at_ == text_.size() || (text_[at_] == '+' && begins_part(text_.substr(at_ + 1)));
  }

  core::Result<Node> read_part() {
    const auto begin = column();
    const auto kind = take_word();
    if (kind.empty()) return wrong(begin, "here the name of a pattern kind is missing");
    if (at_end_of_part()) return scalar(kind, begin);
    if (text_[at_] != ':') return wrong(column(), fmt::format("'{}' does not follow the name of a kind", text_[at_]));
    ++at_;
    Node map = empty_map(column());
    for (;;) {
      if (auto added = read_entry(map); !added) return added.error();
      if (at_end_of_part()) break;
      ++at_;  // ','
    }
    Node part = empty_map(begin);
    part.entries.push_back({std::string(kind), 1, static_cast<std::uint32_t>(begin), std::move(map)});
    return part;
  }

  core::Status read_entry(Node& map) {
    Node* target = &map;
    for (;;) {
      const auto begin = column();
      const auto key = take_word();
      if (key.empty()) return wrong(begin, "here a key is missing");
      const auto same = std::find_if(target->entries.begin(), target->entries.end(),
                                     [key](const Entry& entry) { return entry.key == key; });
      const bool inner = at_ < text_.size() && text_[at_] == '.';
      if (same != target->entries.end() && !(inner && same->value.kind == Kind::kMap)) {
        return wrong(begin, fmt::format("duplicate key '{}'", key));
      }
      if (!inner) {
        if (at_ == text_.size() || text_[at_] != '=') return wrong(column(), fmt::format("here '=' must follow the key '{}'", key));
        ++at_;
        auto value = read_value();
        if (!value) return value.error();
        target->entries.push_back({std::string(key), 1, static_cast<std::uint32_t>(begin), std::move(*value)});
        return core::Done{};
      }
      ++at_;  // '.'
      if (same != target->entries.end()) {
        target = &same->value;
      } else {
        target->entries.push_back({std::string(key), 1, static_cast<std::uint32_t>(begin), empty_map(column())});
        target = &target->entries.back().value;
      }
    }
  }

  core::Result<Node> read_value() {
    const auto begin = at_;
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      if (depth == 0 && (c == ',' || at_end_of_part())) break;
    }
    const auto value = text_.substr(begin, at_ - begin);
    if (!value.starts_with('[') && !value.starts_with('{')) return scalar(value, begin + 1);
    auto document = documents::parse_yaml(value, "pattern");
    if (!document) {
      auto reasons = document.error();
      for (auto& reason : reasons) reason.place.column += static_cast<std::uint32_t>(begin);
      return reasons;
    }
    shift(document->root, static_cast<std::uint32_t>(begin));
    return std::move(document->root);
  }

  std::string_view take_word() {
    const auto word = text_.substr(at_, word_length(text_.substr(at_)));
    at_ += word.size();
    return word;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

core::Result<Node> parse_pattern_node(const std::string& text) {
  constexpr std::size_t kMaxShortForm = 1 << 16;
  if (text.size() <= kMaxShortForm && is_short_form(text)) return Reader(text).read();
  auto document = documents::parse_yaml(text, "pattern");
  if (!document) return document.error();
  return std::move(document->root);
}

}  // namespace spanwise::patterns
