// SPDX-License-Identifier: Apache-2.0
// Kinds that hold other patterns: token_subset, permuted, union, reuse.
#include <fmt/core.h>

#include "patterns/pattern_readers.h"
#include "patterns/unit_lists.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::Kind;
using documents::MapReader;
using documents::Node;

SubPattern read_inner(MapReader& map, std::string_view key, bool default_causal) {
  const Node* inner = map.need(key);
  return part(inner == nullptr ? Pattern(Dense{default_causal}) : read_pattern(*inner, map.context(), default_causal));
}

// `keep`: a number of tokens, a share below 1, or a list of positions; or their `file`.
void read_kept_tokens(MapReader& map, TokenSubset& subset) {
  const Node* keep = map.find("keep");
  const Node* file = map.find("file");
  if ((keep == nullptr) == (file == nullptr)) {
    map.context().error(map.node(), "'token_subset' needs 'keep' or 'file'", "keep: 8192, keep: 0.25 or a list of positions");
    return;
  }
  if (file != nullptr) {
    subset.file = map.text("file");
    subset.keep.at = read_unit_file(*file, map.context(), map.path("file"), true);
  } else if (keep->kind == Kind::kList) {
    subset.keep.at = read_units(*keep, map.context(), map.path("keep"), true);
  } else if (keep->kind == Kind::kScalar && keep->text.find('.') != std::string::npos) {
    constexpr double kSmallest = 1e-9, kLargest = 1 - 1e-9;
    subset.density = documents::read_number(*keep, map.context(), map.path("keep"), {kSmallest, kLargest});
    return;
  } else {
    subset.keep.count = documents::read_integer(*keep, map.context(), map.path("keep"), kPositive).value_or(1);
    return;
  }
  subset.keep.count = static_cast<std::int64_t>(subset.keep.at.size());
  if (subset.keep.count == 0 && map.context().ok()) {
    map.context().error(file != nullptr ? *file : *keep, "a token subset needs at least one token");
  }
}

Permutation read_permutation(MapReader& map) {
  Permutation permutation;
  const Node* node = map.find("permutation");
  if (node == nullptr) return permutation;
  permutation.form = Permutation::Form::kListed;
  if (node->kind == Kind::kList) {
    permutation.order = read_units(*node, map.context(), map.path("permutation"), false);
    return permutation;
  }
  MapReader given(*node, map.context(), map.path("permutation"));
  if (const Node* file = given.find("file")) {
    permutation.file = given.text("file");
    permutation.order = read_unit_file(*file, map.context(), given.path("file"), false);
  } else {
    permutation.form = Permutation::Form::kRandom;
    permutation.seed = static_cast<std::uint64_t>(given.integer("seed", {0}));
    permutation.segment = given.integer_or("segment", {0, kMaxLength}, 0);
  }
  given.finish();
  return permutation;
}

}  // namespace

Pattern read_token_subset(const Node& node, Context& context, bool default_causal) {
  MapReader map(node, context, "token_subset");
  TokenSubset subset;
  if (map.is_map()) read_kept_tokens(map, subset);
  subset.inner = read_inner(map, "inner", default_causal);
  subset.from = read_stated(map);
  map.finish();
  return subset;
}

Pattern read_permuted(const Node& node, Context& context, bool default_causal) {
  MapReader map(node, context, "permuted");
  Permuted permuted;
  permuted.permutation = read_permutation(map);
  permuted.keys_only = map.boolean_or("keys_only", false);
  permuted.causal = map.boolean_or("causal", default_causal);
  permuted.inner = read_inner(map, "inner", false);
  map.finish();
  return permuted;
}

Pattern read_union(const Node& node, Context& context, bool default_causal) {
  Union all;
  if (node.kind != Kind::kList || node.items.empty()) {
    // A map shows the reader of the catalogue which keys there are: none.
    MapReader map(node, context, "union");
    if (map.is_map()) map.finish();
    if (context.ok()) context.error(node, "'union' needs a list of patterns", "{union: [{sliding_window: {window: 512}}, ...]}");
    all.parts.push_back(part(Dense{default_causal}));
    return all;
  }
  for (const auto& item : node.items) all.parts.push_back(part(read_pattern(item, context, default_causal)));
  return all;
}

Pattern read_reuse(const Node& node, Context& context, bool default_causal) {
  MapReader map(node, context, "reuse");
  Reuse reuse;
  reuse.layer = map.integer("layer", {0, 1 << 20});
  if (const Node* pattern = map.find("pattern")) reuse.pattern = part(read_pattern(*pattern, context, default_causal));
  map.finish();
  return reuse;
}

}  // namespace spanwise::patterns
