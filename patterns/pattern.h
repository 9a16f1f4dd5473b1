// SPDX-License-Identifier: Apache-2.0
// Which (query, key) pairs are visible. How a kernel cuts the pairs into tiles is separate (tile_count.h), so any
// pattern can be counted against any tile. The semantics that differ between libraries are fixed in
// docs/formats.md, "Patterns".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.h"
#include "patterns/pattern_types.h"

namespace spanwise::documents {
struct Node;
class Context;
}  // namespace spanwise::documents

namespace spanwise::patterns {

// The largest length, window or dilation that is read: products of two still fit a Count with room to spare.
inline constexpr std::int64_t kMaxLength = std::int64_t{1} << 40;

// Overflows unless the lengths have passed a reader that bounds the product by kMaxLength.
inline std::int64_t volume(const Lengths& lengths) {
  std::int64_t product = 1;
  for (const auto length : lengths) product *= length;
  return product;
}

using Pattern = std::variant<Dense, SlidingWindow, Neighborhood, Strided, Power, VerticalSlash, BlockMask, Routed,
                             Pyramid, TokenSubset, Permuted, Union, Reuse>;

struct PatternNode {
  Pattern value;
  bool operator==(const PatternNode&) const = default;
};

// A pattern as part of another one.
inline SubPattern part(Pattern pattern) { return SubPattern(PatternNode{std::move(pattern)}); }

// The word that names the kind, such as "sliding_window".
std::string_view kind_name(const Pattern& pattern);
std::span<const std::string> kind_names();

// A pattern from a document node: the word `dense`, or a map with one key that names the kind, such as
// {sliding_window: {window: 4096, sinks: 64}} or {neighborhood: {window: 18x24x24, stride: [16, 8, 8]}}.
// Records errors in `context`; block and token lists in files are read now. `default_causal` is what `causal` means
// for the kinds that fit any mask (dense, block_mask, routed, pyramid) when the node does not say; windows and other
// language patterns are causal and a neighborhood's axes are not unless they say otherwise.
// Windows of 1 are read (each query sees itself), though NATTEN takes 2 and more.
Pattern read_pattern(const documents::Node& node, documents::Context& context, bool default_causal);

// The same from text, for command lines and CSV cells: JSON, the shorter YAML of it (dense), or the short form
// kind:key=value,key=value with + between the parts of a union, such as neighborhood:window=18x24x24,stride=16x8x8.
core::Result<Pattern> parse_pattern(const std::string& text, bool default_causal);

// One-line JSON (also valid YAML) that read_pattern() reads back as an equal pattern.
std::string to_json(const Pattern& pattern);

// A short name for tables: "dense", "window4096+64" (sinks), "window4096-both" (not causal), "na18x24x24/16x8x8"
// (stride), "na18x24x24@1x2x2" (dilation), "na18x24x24-causal100" (causal axes), "strided64-8/16+3" (local, stride,
// phase), "power256-5+1"; other kinds end in eight letters that stand for their parameters. Different patterns have
// different names, but for Dense, whose causal flag is left out because one model never mixes the two. Letters are
// [A-Za-z0-9_+/@-]: replace '/' where the name becomes part of a file's.
std::string short_name(const Pattern& pattern);

// Whether no query sees a key after itself in flat order (neighborhood: causal on every axis).
bool is_causal(const Pattern& pattern);

// Whether tokens are gathered or permuted before the kernel runs (token_subset, permuted).
bool moves_tokens(const Pattern& pattern);

// Why the visible pairs are not determined, so that the pattern can be counted but not run: it gives counts, a
// distribution or nothing where a list is needed. Done when every pair is determined.
core::Status check_determined(const Pattern& pattern);

// Whose word a content-dependent pattern is, inner patterns included; the weakest where there are several.
std::optional<Stated> stated_of(const Pattern& pattern);

// Whether the pattern fits a layout of `tokens` (the grid, without extra tokens): the reason, without a place, if not.
core::Status check_fits(const Pattern& pattern, const Lengths& tokens);

}  // namespace spanwise::patterns
