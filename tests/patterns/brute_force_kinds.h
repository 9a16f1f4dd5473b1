// SPDX-License-Identifier: Apache-2.0
// Every kind of pattern as a question about one pair, straight from its definition.
#pragma once

#include <cstdint>
#include <functional>

#include "patterns/pattern.h"

namespace spanwise::oracle {

// Whether the query at a position (negative: before the layout) sees a key of the grid.
using PairTest = std::function<bool(std::int64_t query, std::int64_t key)>;

// Which order permuted tokens are held in: positions before the permutation, or places after it.
enum class Held { kBefore, kAfter };

PairTest pair_test(const patterns::Pattern& pattern, const patterns::Lengths& grid, Held held);

}  // namespace spanwise::oracle
