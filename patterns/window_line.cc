// SPDX-License-Identifier: Apache-2.0
#include "patterns/window_line.h"

#include <algorithm>

#include "patterns/divisor.h"

namespace spanwise::patterns {
bool is_short_window_line(const AxisTiling& tiling) {
  constexpr std::int64_t kMost = 256;  // query tiles; longer lines are worth a look for equal tiles
  return !tiling.rule.everywhere && tiling.rule.sinks == 0 && tiling.keys.extra_keys == 0 && tiling.extra_queries == 0 &&
         tiling.heads == 1 && tiling.first >= 0 && tiling.queries <= kMost * tiling.q_tile;
}

// Windows never move back and leave no key between them, so a tile follows from its first and its last query.
void count_window_line(const AxisTiling& tiling, std::uint64_t times, AxisCounts& counts) {
  const AxisWindow axis = tiling.rule.axis;
  const Divisor group(axis.stride), kv(tiling.kv_tile);
  const auto keys_of = [&](std::int64_t position) {
    return axis.keys_in_group(position, axis.stride == 1 ? position : group.floor(position) * axis.stride);
  };
  const std::int64_t end = tiling.first + tiling.queries, kv_tiles = kv.ceil(tiling.keys.grid_keys);
  AxisSums sums;
  for (std::int64_t first = tiling.first; first < end; first += tiling.q_tile) {
    const std::int64_t nominal = first + tiling.q_tile - 1, last = std::min(nominal, end - 1);
    const Interval low = keys_of(first), high = keys_of(last);
    std::int64_t visited = 0, full = 0, padding = 0;  // what NATTEN's kernels visit for padding alone
    if (tiling.dynamic) {
      visited = kv.ceil(high.end - low.begin);
    } else {
      const std::int64_t end_tile = kv.ceil(high.end);
      visited = end_tile - kv.floor(low.begin);
      const std::int64_t full_end = low.end == tiling.keys.grid_keys ? kv_tiles : kv.floor(low.end);
      full = std::max<std::int64_t>(full_end - kv.ceil(high.begin), 0);
      if (tiling.kernel_bounds && nominal != last) padding = kv.ceil(keys_of(nominal).end) - end_tile;
    }
    sums.add(visited, full);
    sums.kernel += visited + padding;
    if (counts.keep_rows) counts.add_row(times, static_cast<std::uint64_t>(visited), static_cast<std::uint64_t>(full));
  }
  counts.add_sums(sums, times);
}

}  // namespace spanwise::patterns
