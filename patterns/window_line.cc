// SPDX-License-Identifier: Apache-2.0
#include "patterns/window_line.h"

#include <algorithm>

#include "core/int128.h"

namespace spanwise::patterns {
namespace {

// Quotients by one divisor of integers in [0, 2^52), which doubles hold exactly: a product with the rounded inverse is
// off by less than one, and the remainder says in which direction.
class Divisor {
 public:
  explicit Divisor(std::int64_t divisor) : divisor_(divisor), inverse_(1 / static_cast<double>(divisor)) {}

  std::int64_t floor(std::int64_t x) const {
    const auto quotient = static_cast<std::int64_t>(static_cast<double>(x) * inverse_);
    const std::int64_t rest = x - quotient * divisor_;
    return quotient + (rest >= divisor_ ? 1 : 0) - (rest < 0 ? 1 : 0);
  }
  std::int64_t ceil(std::int64_t x) const { return floor(x + divisor_ - 1); }

 private:
  std::int64_t divisor_;
  double inverse_;
};

}  // namespace

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
  for (std::int64_t first = tiling.first; first < end; first += tiling.q_tile) {
    const std::int64_t nominal = first + tiling.q_tile - 1, last = std::min(nominal, end - 1);
    const Interval low = keys_of(first), high = keys_of(last);
    std::int64_t visited = 0, full = 0, kernel = 0;
    if (tiling.dynamic) {
      kernel = visited = kv.ceil(high.end - low.begin);
    } else {
      const std::int64_t first_tile = kv.floor(low.begin);
      visited = kv.ceil(high.end) - first_tile;
      const std::int64_t full_end = low.end == tiling.keys.grid_keys ? kv_tiles : kv.floor(low.end);
      full = std::max<std::int64_t>(full_end - kv.ceil(high.begin), 0);
      const bool nominal_counts = tiling.kernel_bounds && nominal != last;
      kernel = nominal_counts ? kv.ceil(keys_of(nominal).end) - first_tile : visited;
    }
    counts.add(times, static_cast<std::uint64_t>(visited), static_cast<std::uint64_t>(full));
    counts.kernel += static_cast<core::Count>(static_cast<std::uint64_t>(kernel)) * times;
    ++counts.walked;
  }
}

}  // namespace spanwise::patterns
