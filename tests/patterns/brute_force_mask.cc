// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "brute_force.h"
#include "brute_force_basics.h"

namespace spanwise::oracle {
namespace {

using patterns::CountRequest;
using patterns::Dense;
using patterns::Lengths;
using patterns::Neighborhood;
using patterns::Pattern;
using patterns::SlidingWindow;

// Which pairs of an axis are visible, row-major.
std::vector<char> axis_pairs(const Neighborhood& rule, std::size_t axis, std::int64_t length) {
  const std::int64_t dilation = rule.dilation[axis];
  std::vector<char> pairs;
  for (std::int64_t query = 0; query < length; ++query) {
    const Window keys = class_window(class_length(length, dilation, query % dilation), rule.window[axis],
                                     rule.stride[axis], rule.causal[axis], query / dilation);
    for (std::int64_t key = 0; key < length; ++key) {
      const bool same_class = query % dilation == key % dilation;
      pairs.push_back(same_class && keys.begin <= key / dilation && key / dilation < keys.end ? 1 : 0);
    }
  }
  return pairs;
}

bool flat_sees(const Pattern& pattern, std::int64_t length, std::int64_t query, std::int64_t key) {
  if (const auto* dense = std::get_if<Dense>(&pattern)) return !dense->causal || key <= query;
  const auto& rule = std::get<SlidingWindow>(pattern);
  if (query < 0) return false;
  if (rule.causal) return key <= query && (key < rule.sinks || key > query - rule.window);
  if (key < rule.sinks) return true;
  const Window keys = class_window(length, std::min(rule.window, length), 1, false, query);
  return keys.begin <= key && key < keys.end;
}

bool grid_sees(const std::vector<std::vector<char>>& pairs, const Lengths& grid, const Lengths& query,
               const Lengths& key) {
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    if (pairs[axis][static_cast<std::size_t>(query[axis] * grid[axis] + key[axis])] == 0) return false;
  }
  return true;
}

// Queries are given by their flat positions in the grid, negative before it; then come the extra queries.
Mask build_mask(const Pattern& pattern, const Lengths& grid, const Tokens& positions,
                std::int64_t extra_queries, std::int64_t extra_keys) {
  const std::int64_t grid_keys = product(grid);
  Mask mask;
  mask.queries = static_cast<std::int64_t>(positions.size()) + extra_queries;
  mask.keys = grid_keys + extra_keys;
  mask.seen.assign(static_cast<std::size_t>(mask.queries * mask.keys), 1);
  const auto* neighborhood = std::get_if<Neighborhood>(&pattern);
  std::vector<std::vector<char>> pairs;
  for (std::size_t axis = 0; neighborhood != nullptr && axis < grid.size(); ++axis) {
    pairs.push_back(axis_pairs(*neighborhood, axis, grid[axis]));
  }
  std::vector<Lengths> at(static_cast<std::size_t>(grid_keys));
  for (std::int64_t token = 0; token < grid_keys; ++token)
    at[static_cast<std::size_t>(token)] = coordinates(token, grid);
  for (std::size_t row = 0; row < positions.size(); ++row) {
    for (std::int64_t key = 0; key < grid_keys; ++key) {
      const std::int64_t query = positions[row];
      const bool sees = neighborhood == nullptr
                            ? flat_sees(pattern, grid_keys, query, key)
                            : query >= 0 && grid_sees(pairs, grid, at[static_cast<std::size_t>(query)],
                                                      at[static_cast<std::size_t>(key)]);
      mask.seen[row * static_cast<std::size_t>(mask.keys) + static_cast<std::size_t>(key)] = sees ? 1 : 0;
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
  return build_mask(shape.pattern, grid, positions, extra_queries, shape.kv_len - product(grid));
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
                    request.extra_kv_tokens);
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
