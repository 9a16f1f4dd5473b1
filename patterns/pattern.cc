// SPDX-License-Identifier: Apache-2.0
#include "patterns/pattern.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/documents/map_reader.h"
#include "core/suggest.h"
#include "patterns/overload.h"
#include "patterns/pattern_readers.h"
#include "patterns/short_form.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::Kind;
using documents::Node;

// In the order of Pattern's alternatives.
const std::array<std::string, std::variant_size_v<Pattern>> kKindNames = {
    "dense",  "sliding_window", "neighborhood", "strided",  "power", "vertical_slash", "block_mask",
    "routed", "pyramid",        "token_subset", "permuted", "union", "reuse"};

constexpr std::array<PatternReader, std::variant_size_v<Pattern>> kReaders = {
    read_dense,  read_sliding_window, read_neighborhood, read_strided,  read_power, read_vertical_slash, read_block_mask,
    read_routed, read_pyramid,        read_token_subset, read_permuted, read_union, read_reuse};

constexpr auto kForms =
    "write dense, {sliding_window: {window: 4096, sinks: 64}} or {neighborhood: {window: [18, 24, 24]}}";

core::Status undetermined(std::string_view kind, std::string_view why) {
  return core::fail(core::Fault::kInput, fmt::format("unsupported: this {} needs a list, {}", kind, why),
                    "name the blocks or tokens with list or file");
}

}  // namespace

SubPattern::SubPattern(PatternNode node) : node_(std::make_shared<const PatternNode>(std::move(node))) {}

bool SubPattern::operator==(const SubPattern& other) const {
  if (node_ == other.node_) return true;
  return node_ != nullptr && other.node_ != nullptr && *node_ == *other.node_;
}

std::string_view kind_name(const Pattern& pattern) {
  return kKindNames.at(pattern.index());
}

std::span<const std::string> kind_names() {
  return kKindNames;
}

Pattern read_pattern(const Node& node, Context& context, bool default_causal) {
  if (node.kind == Kind::kScalar) {
    if (node.text == kKindNames[0]) return Dense{default_causal};
    if (std::find(kKindNames.begin(), kKindNames.end(), node.text) != kKindNames.end()) {
      context.error(node, fmt::format("pattern kind '{}' needs parameters", node.text), kForms);
    } else {
      context.error(node, fmt::format("unknown pattern kind '{}'", node.text), core::suggestion(node.text, kKindNames));
    }
    return Dense{default_causal};
  }
  if (node.kind != Kind::kMap || node.entries.size() != 1) {
    if (node.kind == Kind::kMap && node.entries.size() > 1) {
      const auto& second = node.entries[1];
      context.error(second.line, second.column, "a pattern names exactly one kind", kForms);
    } else {
      context.error(node, "a pattern must be the word 'dense' or a map that names its kind", kForms);
    }
    return Dense{default_causal};
  }
  const auto& [kind, line, column, value] = node.entries.front();
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), kind);
  if (found != kKindNames.end()) {
    return kReaders.at(static_cast<std::size_t>(found - kKindNames.begin()))(value, context, default_causal);
  }
  context.error(line, column, fmt::format("unknown pattern kind '{}'", kind), core::suggestion(kind, kKindNames));
  return Dense{default_causal};
}

core::Result<Pattern> parse_pattern(const std::string& text, bool default_causal) {
  auto node = parse_pattern_node(text);
  if (!node) return node.error();
  Context context("pattern");
  auto pattern = read_pattern(*node, context, default_causal);
  if (!context.ok()) return context.take();
  return pattern;
}

bool is_causal(const Pattern& pattern) {
  return std::visit(
      Overload{[](const Neighborhood& p) {
                 return std::find(p.causal.begin(), p.causal.end(), false) == p.causal.end();
               },
               [](const TokenSubset& p) { return is_causal(p.inner.node().value); },
               [](const Union& p) {
                 return std::all_of(p.parts.begin(), p.parts.end(),
                                    [](const SubPattern& part) { return is_causal(part.node().value); });
               },
               [](const Reuse& p) { return p.pattern && is_causal(p.pattern.node().value); },
               [](const auto& p) { return p.causal; }},
      pattern);
}

bool moves_tokens(const Pattern& pattern) {
  return std::holds_alternative<TokenSubset>(pattern) || std::holds_alternative<Permuted>(pattern);
}

core::Status check_determined(const Pattern& pattern) {
  return std::visit(
      Overload{[](const VerticalSlash& p) -> core::Status {
                 if (p.columns.listed() && p.diagonals.listed()) return core::Done{};
                 return undetermined("vertical_slash", "it gives the number of columns or diagonals alone");
               },
               [](const BlockMask& p) -> core::Status {
                 if (p.row_blocks.empty()) return core::Done{};
                 return undetermined("block_mask", "it gives the number of blocks of a row alone");
               },
               [](const Routed& p) -> core::Status {
                 if (p.selection) return core::Done{};
                 return undetermined("routed pattern", "it says how many units are kept, not which");
               },
               [](const Pyramid&) -> core::Status {
                 return core::fail(core::Fault::kInput, "unsupported: a pyramid says how many blocks each level has, not which",
                                   "pooled keys are no pairs of tokens");
               },
               [](const TokenSubset& p) -> core::Status {
                 if (p.density || !p.keep.listed()) return undetermined("token_subset", "it says how many tokens are kept, not which");
                 return check_determined(p.inner.node().value);
               },
               [](const Permuted& p) -> core::Status {
                 if (p.permutation.form == Permutation::Form::kUnknown) {
                   return undetermined("permuted pattern", "it does not say the permutation");
                 }
                 return check_determined(p.inner.node().value);
               },
               [](const Union& p) -> core::Status {
                 for (const auto& part : p.parts) {
                   if (auto fine = check_determined(part.node().value); !fine) return fine;
                 }
                 return core::Done{};
               },
               [](const Reuse& p) -> core::Status {
                 if (p.pattern) return check_determined(p.pattern.node().value);
                 return core::fail(core::Fault::kInput,
                                   fmt::format("unsupported: reuse of layer {} without its pattern", p.layer),
                                   "give that layer's pattern under 'pattern'");
               },
               [](const auto&) -> core::Status { return core::Done{}; }},
      pattern);
}

std::optional<Stated> stated_of(const Pattern& pattern) {
  return std::visit(
      Overload{[](const VerticalSlash& p) -> std::optional<Stated> { return p.from; },
               [](const BlockMask& p) -> std::optional<Stated> {
                 return p.random ? std::nullopt : std::optional(p.from);
               },
               [](const Routed& p) -> std::optional<Stated> { return p.from; },
               [](const Pyramid& p) -> std::optional<Stated> { return p.from; },
               [](const TokenSubset& p) -> std::optional<Stated> { return p.from; },
               [](const Permuted& p) { return stated_of(p.inner.node().value); },
               [](const Union& p) {
                 std::optional<Stated> weakest;
                 for (const auto& part : p.parts) {
                   auto stated = stated_of(part.node().value);
                   if (stated && (!weakest || weakest->basis < stated->basis)) weakest = std::move(stated);
                 }
                 return weakest;
               },
               [](const Reuse& p) { return p.pattern ? stated_of(p.pattern.node().value) : std::nullopt; },
               [](const auto&) -> std::optional<Stated> { return std::nullopt; }},
      pattern);
}

}  // namespace spanwise::patterns
