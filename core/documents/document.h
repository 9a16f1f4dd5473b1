// SPDX-License-Identifier: Apache-2.0
// A YAML or JSON file as a tree in which every key and value knows its line and column.
//
// The rules are stricter than YAML's (docs/formats.md, "Files"): no duplicate keys, one document, no anchors,
// aliases, tags or merge keys, UTF-8 only, and limits on size, depth and number of nodes. yaml-cpp's Node
// interface breaks several of these silently, so the tree is built from its event interface. A quoted or
// plain text ends in the line where it starts (long ones are written with '>' or '|'), so a forgotten quote
// or colon cannot swallow lines. Columns count characters (code points) in both grammars, the byte order mark
// aside; place_finder.h has the rule.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace spanwise::documents {

// A list of what is wrong with a file ends here.
inline constexpr std::size_t kMaxErrors = 20;

struct Entry;

enum class Kind { kNull, kScalar, kList, kMap };

struct Node {
  Kind kind = Kind::kNull;
  bool quoted = false;     // a scalar in quotes is text, never a number or a truth value
  std::uint32_t line = 0;  // of the first character; an absent value has the place of its key
  std::uint32_t column = 0;
  std::string text;            // kScalar
  std::vector<Node> items;     // kList
  std::vector<Entry> entries;  // kMap, in file order
};

struct Entry {
  std::string key;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  Node value;
};

struct Document {
  std::string file;    // as the user named it, for messages
  std::string source;  // the whole text, for excerpts in messages
  Node root;
};

struct Limits {
  std::uint64_t max_bytes = 8u << 20;
  std::uint64_t max_nodes = 1'000'000;
  std::uint32_t max_depth = 64;
  std::uint32_t max_text = 64u << 10;
};

// For tables: profiles and problems of large models.
inline constexpr Limits kTableLimits{1ull << 30, 100'000'000, 64, 64u << 10};

// Reads a file; `.json` and `.jsonl` by the JSON grammar, all else by YAML's.
core::Result<Document> read_document(const std::filesystem::path& path, const Limits& limits = {});

// The same on text in memory; `file` is only a name for messages.
core::Result<Document> parse_yaml(std::string_view text, std::string file, const Limits& limits = {});
core::Result<Document> parse_json(std::string_view text, std::string file, const Limits& limits = {});

}  // namespace spanwise::documents
