// SPDX-License-Identifier: Apache-2.0
// Which (query, key) pairs are visible. How a kernel cuts the pairs into tiles is separate (tile_count.h), so any
// pattern can be counted against any tile. The semantics that differ between libraries are fixed in
// docs/formats.md, "Patterns".
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"

namespace spanwise::documents {
struct Node;
class Context;
}  // namespace spanwise::documents

namespace spanwise::patterns {

// Sizes along the axes of a token layout, slowest first: {n}, {height, width} or {time, height, width}.
using Lengths = std::vector<std::int64_t>;

// The largest length, window or dilation that is read: products of two still fit a Count with room to spare.
inline constexpr std::int64_t kMaxLength = std::int64_t{1} << 40;

// Overflows unless the lengths have passed a reader that bounds the product by kMaxLength.
inline std::int64_t volume(const Lengths& lengths) {
  std::int64_t product = 1;
  for (const auto length : lengths) product *= length;
  return product;
}

struct Dense {
  bool causal = false;
  bool operator==(const Dense&) const = default;
};

// Causal: query at position p sees keys [p - window + 1, p] and keys [0, sinks), each once, none after p.
// Not causal: the window splits as Neighborhood does; keys [0, sinks) are visible too.
struct SlidingWindow {
  std::int64_t window = 1;
  std::int64_t sinks = 0;
  bool causal = true;
  bool operator==(const SlidingWindow&) const = default;
};

// Generalized neighborhood attention (arXiv 2504.16922) over 1 to 3 axes; all vectors have one entry an axis.
// Needs window * dilation <= axis length and 1 <= stride <= window. A pair is visible when it is on every axis.
struct Neighborhood {
  Lengths window;
  Lengths stride;
  Lengths dilation;
  std::vector<bool> causal;
  bool operator==(const Neighborhood&) const = default;
};

using Pattern = std::variant<Dense, SlidingWindow, Neighborhood>;

// A pattern from a document node: the word `dense`, or a map with one key that names the kind, such as
// {sliding_window: {window: 4096, sinks: 64}} or {neighborhood: {window: 18x24x24, stride: [16, 8, 8]}}.
// Records errors in `context`. `default_causal` is what Dense's `causal` means when the node does not say;
// a sliding window is causal and a neighborhood's axes are not unless they say otherwise.
// Windows of 1 are read (each query sees itself), though NATTEN takes 2 and more.
Pattern read_pattern(const documents::Node& node, documents::Context& context, bool default_causal);

// The same from text, for command lines and CSV cells: JSON, or the shorter YAML of it (dense).
core::Result<Pattern> parse_pattern(const std::string& text, bool default_causal);

// One-line JSON (also valid YAML) that read_pattern() reads back as an equal pattern.
std::string to_json(const Pattern& pattern);

// A short name for tables: "dense", "window4096+64" (sinks), "window4096-both" (not causal), "na18x24x24/16x8x8"
// (stride), "na18x24x24@1x2x2" (dilation), "na18x24x24-causal100" (causal axes). Different patterns have different
// names, but for Dense, whose causal flag is left out because one model never mixes the two. Letters are
// [A-Za-z0-9+/@-]: replace '/' where the name becomes part of a file's.
std::string short_name(const Pattern& pattern);

// Whether no query sees a key after itself in flat order (neighborhood: causal on every axis).
bool is_causal(const Pattern& pattern);

// Whether the pattern fits a layout of `tokens` (the grid, without extra tokens): the reason, without a place, if not.
core::Status check_fits(const Pattern& pattern, const Lengths& tokens);

}  // namespace spanwise::patterns
