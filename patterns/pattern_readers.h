// SPDX-License-Identifier: Apache-2.0
// One reader a kind; read_pattern() chooses. Each records errors in the context and returns something harmless.
#pragma once

#include "core/documents/map_reader.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

inline constexpr documents::IntegerRange kPositive{1, kMaxLength};

using PatternReader = Pattern (*)(const documents::Node& node, documents::Context& context, bool default_causal);

// read_position_patterns.cc
Pattern read_dense(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_sliding_window(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_neighborhood(const documents::Node& node, documents::Context& context, bool default_causal);
// read_block_patterns.cc
Pattern read_strided(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_power(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_vertical_slash(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_block_mask(const documents::Node& node, documents::Context& context, bool default_causal);
// read_routed_patterns.cc
Pattern read_routed(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_pyramid(const documents::Node& node, documents::Context& context, bool default_causal);
// read_nested_patterns.cc
Pattern read_token_subset(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_permuted(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_union(const documents::Node& node, documents::Context& context, bool default_causal);
Pattern read_reuse(const documents::Node& node, documents::Context& context, bool default_causal);

// `basis` (measured or assumed) and `source` of a map; measured needs a source.
Stated read_stated(documents::MapReader& map);

}  // namespace spanwise::patterns
