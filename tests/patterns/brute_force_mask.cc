// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "brute_force.h"
#include "brute_force_basics.h"
#include "brute_force_kinds.h"

namespace spanwise::oracle {
namespace {

using patterns::CountRequest;
using patterns::Lengths;
using patterns::Pattern;

// Queries are given by their flat positions in the grid, negative before it; then come the extra queries.
Mask build_mask(const Pattern& pattern, const Lengths& grid, const Tokens& positions,
                std::int64_t extra_queries, std::int64_t extra_keys, Held held) {
  const std::int64_t grid_keys = product(grid);
  Mask mask;
  mask.queries = static_cast<std::int64_t>(positions.size()) + extra_queries;
  mask.keys = grid_keys + extra_keys;
  mask.seen.assign(static_cast<std::size_t>(mask.queries * mask.keys), 1);
  const PairTest sees = pair_test(pattern, grid, held);
  for (std::size_t row = 0; row < positions.size(); ++row) {
    for (std::int64_t key = 0; key < grid_keys; ++key) {
      mask.seen[row * static_cast<std::size_t>(mask.keys) + static_cast<std::size_t>(key)] =
          sees(positions[row], key) ? 1 : 0;
    }
  }
  return mask;
}

}  // namespace

Mask mask_of(const patterns::Case& shape) {
  const Lengths grid = shape.tokens.empty() ? Lengths{shape.kv_len} : shape.tokens;
  Tokens positions;
  std::int64_t extra_queries = 0;
  for (std::int64_t query = 0; query < shape.q_len; ++query) {
    const std::int64_t position = query + shape.kv_len - shape.q_len;
    if (position < product(grid)) {
      positions.push_back(position);
    } else {
      ++extra_queries;
    }
  }
  return build_mask(shape.pattern, grid, positions, extra_queries, shape.kv_len - product(grid),
                    Held::kBefore);
}

Mask mask_of(const CountRequest& request) {
  const Lengths box = query_box(request), offset = query_offset(request);
  Tokens positions;
  for (std::int64_t query = 0; query < product(box); ++query) {
    Lengths at = coordinates(query, box);
    for (std::size_t axis = 0; axis < at.size(); ++axis) at[axis] += offset[axis];
    positions.push_back(flat_index(at, request.tokens));
  }
  return build_mask(request.pattern, request.tokens, positions, request.extra_q_tokens,
                    request.extra_kv_tokens, Held::kAfter);
}

TileLook look(const Mask& mask, const Tokens& queries, const Tokens& keys) {
  TileLook tile{false, !queries.empty() && !keys.empty()};
  for (const auto query : queries) {
    for (const auto key : keys) {
      const bool sees = mask.sees(query, key);
      tile.visited = tile.visited || sees;
      tile.full = tile.full && sees;
    }
    if (tile.visited && !tile.full) return tile;
  }
  return tile;
}

}  // namespace spanwise::oracle
