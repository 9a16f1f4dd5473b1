// SPDX-License-Identifier: Apache-2.0
#include "core/documents/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace spanwise::documents {

void TreeBuilder::error(std::uint32_t line, std::uint32_t column, std::string message, std::string hint) {
  errors_.push_back({core::Fault::kInput, {file_, line, column}, std::move(message), std::move(hint)});
  if (errors_.size() >= kMaxErrors) throw BuildStop{};
}

void TreeBuilder::stop(std::uint32_t line, std::uint32_t column, std::string message, std::string hint) {
  error(line, column, std::move(message), std::move(hint));
  throw BuildStop{};
}

void TreeBuilder::null(std::uint32_t line, std::uint32_t column) {
  Node node;
  node.line = line;
  node.column = column;
  add(std::move(node));
}

void TreeBuilder::scalar(std::uint32_t line, std::uint32_t column, std::string text, bool quoted) {
  check_text(line, column, text);
  Node node;
  node.kind = Kind::kScalar;
  node.quoted = quoted;
  node.line = line;
  node.column = column;
  node.text = std::move(text);
  add(std::move(node));
}

void TreeBuilder::check_text(std::uint32_t line, std::uint32_t column, const std::string& text) {
  if (text.size() > limits_.max_text) {
    stop(line, column, fmt::format("text is longer than {} bytes", limits_.max_text), "is a quote missing at its end?");
  }
  // An escape can make what the bytes of the file may not hold.
  if (text.find('\0') != std::string::npos) stop(line, column, "a NUL character is not allowed");
}

// Whether the map has the key already; remembers it. Most maps are small enough to look through.
bool TreeBuilder::Frame::knows(const std::string& key) {
  constexpr std::size_t kSmall = 16;
  if (node.entries.size() < kSmall) {
    return std::any_of(node.entries.begin(), node.entries.end(), [&](const Entry& e) { return e.key == key; });
  }
  if (keys.empty()) {
    for (const auto& known : node.entries) keys.insert(known.key);
  }
  return !keys.insert(key).second;
}

void TreeBuilder::key(std::uint32_t line, std::uint32_t column, std::string text) {
  check_text(line, column, text);
  auto& frame = frames_.back();
  if (frame.knows(text)) {
    const auto first = std::find_if(frame.node.entries.begin(), frame.node.entries.end(),
                                    [&](const Entry& entry) { return entry.key == text; });
    error(line, column, fmt::format("duplicate key '{}'", text),
          first == frame.node.entries.end() ? "" : fmt::format("first given in line {}", first->line));
  }
  frame.entry = Entry{std::move(text), line, column, {}};
  frame.has_key = true;
}

void TreeBuilder::open(Kind kind, std::uint32_t line, std::uint32_t column) {
  if (frames_.size() >= limits_.max_depth) {
    stop(line, column, fmt::format("nested deeper than {} levels", limits_.max_depth), "brackets that are too many, or the wrong file");
  }
  Frame frame;
  frame.node.kind = kind;
  frame.node.line = line;
  frame.node.column = column;
  frames_.push_back(std::move(frame));
}

void TreeBuilder::close() {
  Node node = std::move(frames_.back().node);
  frames_.pop_back();
  add(std::move(node));
}

void TreeBuilder::add(Node node) {
  if (++nodes_ > limits_.max_nodes) {
    stop(node.line, node.column, fmt::format("more than {} values in one file", limits_.max_nodes), "is it the file that you meant?");
  }
  if (frames_.empty()) {
    root_ = std::move(node);
    return;
  }
  auto& frame = frames_.back();
  if (frame.node.kind == Kind::kList) {
    if (take_ && frames_.size() == 2 && frames_.front().has_key && frames_.front().entry.key == handed_key_) {
      take_(node);
      return;
    }
    frame.node.items.push_back(std::move(node));
    return;
  }
  frame.entry.value = std::move(node);
  frame.node.entries.push_back(std::move(frame.entry));
  frame.has_key = false;
}

}  // namespace spanwise::documents
