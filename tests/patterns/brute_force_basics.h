// SPDX-License-Identifier: Apache-2.0
// The words of the definitions, for the oracle's own use.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/tile_count.h"

namespace spanwise::oracle {

using Tokens = std::vector<std::int64_t>;

std::int64_t product(const patterns::Lengths& lengths);

// Blocks that cover so many items.
std::int64_t blocks_needed(std::int64_t items, std::int64_t block);

// Row-major order.
patterns::Lengths coordinates(std::int64_t flat, const patterns::Lengths& shape);
std::int64_t flat_index(const patterns::Lengths& coordinates, const patterns::Lengths& shape);

// Members of a dilation class.
std::int64_t class_length(std::int64_t length, std::int64_t dilation, std::int64_t residue);

struct Window {
  std::int64_t begin, end;
};

// The window of class position p, which may be padding behind the class.
Window class_window(std::int64_t length, std::int64_t window, std::int64_t stride, bool causal,
                    std::int64_t p);

// NATTEN's own test for block sparsity, for every dilation class of every axis.
bool natten_test(const patterns::CountRequest& request, const patterns::Neighborhood& rule);

// The box of queries and its place, with their defaults.
patterns::Lengths query_box(const patterns::CountRequest& request);
patterns::Lengths query_offset(const patterns::CountRequest& request);

}  // namespace spanwise::oracle
