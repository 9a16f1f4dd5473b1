// SPDX-License-Identifier: Apache-2.0
// Which tokens a subset keeps and where a permutation puts them.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/pattern_types.h"

namespace spanwise::patterns {

// Of n tokens.
std::int64_t kept_tokens(const TokenSubset& subset, std::int64_t n);

// The token at each place; listed and random permutations alone. Random ones shuffle each segment (Fisher and Yates)
// with random_bits(seed, segment, place): docs/formats.md, "Random numbers".
std::vector<std::int64_t> token_order(const Permutation& permutation, std::int64_t n);

// `count` distinct numbers below `below`, ascending: row `row` of a random mask with this seed, after R. W. Floyd
// (Bentley and Floyd: Programming pearls: a sample of brilliance, 1987).
std::vector<std::int64_t> random_units(std::uint64_t seed, std::int64_t row, std::int64_t count, std::int64_t below);

}  // namespace spanwise::patterns
