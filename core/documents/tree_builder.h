// SPDX-License-Identifier: Apache-2.0
// Builds the node tree from parser events and enforces the rules that both grammars share.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/documents/document.h"

namespace spanwise::documents {

// Thrown through the parser libraries, which have no other way to stop, and caught at their call.
struct BuildStop {};

class TreeBuilder {
 public:
  TreeBuilder(std::string file, const Limits& limits) : file_(std::move(file)), limits_(limits) {}

  void null(std::uint32_t line, std::uint32_t column);
  void scalar(std::uint32_t line, std::uint32_t column, std::string text, bool quoted);
  void key(std::uint32_t line, std::uint32_t column, std::string text);
  void open(Kind kind, std::uint32_t line, std::uint32_t column);
  void close();

  // Items of the list under this key of the root are handed over instead of kept.
  void hand_over(std::string key, std::function<void(const Node&)> take) {
    handed_key_ = std::move(key);
    take_ = std::move(take);
  }

  // Records a problem; the 20th, and a fatal one, throws BuildStop.
  void error(std::uint32_t line, std::uint32_t column, std::string message, std::string hint = {});
  [[noreturn]] void stop(std::uint32_t line, std::uint32_t column, std::string message,
                         std::string hint = {});

  bool in_map() const { return !frames_.empty() && frames_.back().node.kind == Kind::kMap; }
  bool at_key() const { return in_map() && !frames_.back().has_key; }
  // The innermost list or map that stands open.
  const Node* innermost() const { return frames_.empty() ? nullptr : &frames_.back().node; }
  core::Diagnostics take_errors() { return std::move(errors_); }
  Node take_root() { return std::move(root_); }

 private:
  struct Frame {
    Node node;
    bool has_key = false;
    Entry entry;
    std::unordered_set<std::string> keys;  // of a large map
    bool knows(const std::string& key);
  };

  void add(Node node);
  void check_text(std::uint32_t line, std::uint32_t column, const std::string& text);

  std::string file_;
  Limits limits_;
  Node root_;
  std::vector<Frame> frames_;
  std::uint64_t nodes_ = 0;
  core::Diagnostics errors_;
  std::string handed_key_;
  std::function<void(const Node&)> take_;
};

}  // namespace spanwise::documents
