// SPDX-License-Identifier: Apache-2.0
// Tile counts along one line of tokens: an axis of a dilation class in static and dynamic tiling, or a whole
// layout in flat order. A query tile costs O(1); long lines are walked in runs of equal tiles and in periods,
// so that the cost follows the number of different tiles and not the length.
#pragma once

#include <cstdint>

#include "core/result.h"
#include "patterns/interval_rule.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {

struct AxisTiling {
  IntervalRule rule;
  KeyLine keys;
  std::int64_t first = 0;          // position of query 0; may be negative
  std::int64_t queries = 0;        // on the grid
  std::int64_t extra_queries = 0;  // behind them, in the same tiles
  std::int64_t heads = 1;          // rows of a query tile are (query, head) pairs, head inner
  std::int64_t q_tile = 1;         // rows
  std::int64_t kv_tile = 1;        // keys
  bool dynamic = false;            // KV tiles start at the first key of each run of needed keys
  bool kernel_bounds = false;      // what NATTEN's static kernels visit differs from what they need
};

// Adds `times` copies of the line. Error: more than kMaxTilesWalked different tiles.
core::Status count_axis(const AxisTiling& tiling, std::uint64_t times, AxisCounts& counts);

}  // namespace spanwise::patterns
