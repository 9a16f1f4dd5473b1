// SPDX-License-Identifier: Apache-2.0
#include "patterns/axis_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/int128.h"
#include "patterns/periods.h"
#include "patterns/span_tiles.h"
#include "patterns/window_line.h"

namespace spanwise::patterns {
namespace {

using core::ceil_div;

struct Visits {
  std::int64_t visited = 0;
  std::int64_t full = 0;
  std::int64_t kernel = 0;
};

class AxisWalk {
 public:
  AxisWalk(const AxisTiling& tiling, AxisCounts& counts)
      : tiling_(tiling),
        counts_(counts),
        grid_rows_(tiling.queries * tiling.heads),
        rows_(grid_rows_ + tiling.extra_queries * tiling.heads),
        grid_tiles_(grid_rows_ / tiling.q_tile) {}

  bool run(std::uint64_t times);

 private:
  std::int64_t query_of(std::int64_t row) const { return tiling_.heads == 1 ? row : row / tiling_.heads; }
  std::int64_t first_position(std::int64_t tile) const {
    return tiling_.first + query_of(tile * tiling_.q_tile);
  }
  // Of the nominal tile, whether or not its end is padding.
  std::int64_t last_position(std::int64_t tile) const {
    return tiling_.first + query_of((tile + 1) * tiling_.q_tile - 1);
  }
  Visits look(std::int64_t tile) const;
  void add(std::int64_t tile, std::int64_t q_tiles, std::uint64_t times);
  bool walk(Interval tiles, std::uint64_t times);
  std::int64_t end_of_equal_tiles(std::int64_t tile, std::int64_t end) const;
  Interval interior() const;
  std::int64_t period() const;

  const AxisTiling& tiling_;
  AxisCounts& counts_;
  std::int64_t grid_rows_;  // rows of grid queries
  std::int64_t rows_;
  std::int64_t grid_tiles_;  // tiles of grid queries alone, without padding
};

Visits AxisWalk::look(std::int64_t tile) const {
  const Interval queries{query_of(tile * tiling_.q_tile),
                         query_of(std::min((tile + 1) * tiling_.q_tile, rows_) - 1) + 1};
  const TileSpans spans = spans_of_tile(tiling_.rule, tiling_.keys, tiling_.first, tiling_.queries, queries);
  Visits visits;
  if (tiling_.dynamic) {
    for (const Interval span : spans.any) visits.visited += ceil_div(span.size(), tiling_.kv_tile);
  } else {
    visits.visited = tiles_touched(spans.any, tiling_.kv_tile);
    visits.full = tiles_within(spans.all, tiling_.kv_tile, tiling_.keys.keys());
  }
  visits.kernel = visits.visited;
  if (tiling_.kernel_bounds) {
    visits.kernel = ceil_div(tiling_.rule.axis.keys_of(last_position(tile)).end, tiling_.kv_tile) -
                    tiling_.rule.axis.keys_of(first_position(tile)).begin / tiling_.kv_tile;
  }
  return visits;
}

void AxisWalk::add(std::int64_t tile, std::int64_t q_tiles, std::uint64_t times) {
  const Visits visits = look(tile);
  const std::uint64_t all = static_cast<std::uint64_t>(q_tiles) * times;
  counts_.add(all, static_cast<std::uint64_t>(visits.visited), static_cast<std::uint64_t>(visits.full));
  counts_.kernel += static_cast<core::Count>(visits.kernel) * all;
  ++counts_.walked;
}

// The tiles from `tile` on whose queries all see the same keys. Bounds never fall along the line, so equal
// bounds at both ends mean equal bounds between them, and the end can be found by doubling and halving.
std::int64_t AxisWalk::end_of_equal_tiles(std::int64_t tile, std::int64_t end) const {
  const auto bounds = tiling_.rule.bounds(first_position(tile));
  const auto equal = [&](std::int64_t other) { return tiling_.rule.bounds(last_position(other)) == bounds; };
  if (!equal(tile)) return tile + 1;
  std::int64_t low = tile, step = 1;  // `low` is equal
  while (low + step < end && equal(low + step)) {
    low += step;
    step *= 2;
  }
  std::int64_t high = std::min(low + step, end);  // not equal, or the end
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (equal(middle) ? low : high) = middle;
  }
  return high;
}

// Tiles of grid queries alone.
bool AxisWalk::walk(Interval tiles, std::uint64_t times) {
  for (std::int64_t tile = tiles.begin; tile < tiles.end;) {
    if (counts_.walked >= kMaxTilesWalked) return false;
    const std::int64_t end = end_of_equal_tiles(tile, tiles.end);
    add(tile, end - tile, times);
    tile = end;
  }
  return true;
}

// Tiles whose windows are clamped at neither end and touch neither the sinks' tiles nor the last tile of the
// grid: a shift of a period moves their bounds by whole KV tiles and changes nothing else. A margin wider
// than needed does no harm.
Interval AxisWalk::interior() const {
  const AxisWindow& axis = tiling_.rule.axis;
  if (tiling_.rule.everywhere) return {};
  const std::int64_t margin = axis.window + axis.stride + tiling_.kv_tile;
  const core::Count tile = static_cast<core::Count>(tiling_.q_tile),
                    heads = static_cast<core::Count>(tiling_.heads);
  const std::int64_t from = margin + tiling_.rule.sinks - tiling_.first;
  const std::int64_t to = axis.length - margin - tiling_.first;
  if (to <= from || to <= 0) return {};
  const auto begin = (static_cast<core::Count>(std::max<std::int64_t>(from, 0)) * heads + tile - 1) / tile;
  const auto end =
      std::min(static_cast<core::Count>(to) * heads / tile, static_cast<core::Count>(grid_tiles_));
  if (end <= begin) return {};
  return {static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)};
}

// In query tiles; past the end of the line when it would not fit 64 bits.
std::int64_t AxisWalk::period() const {
  const auto tile = static_cast<core::Count>(tiling_.q_tile);
  const auto tokens = common_multiple(static_cast<core::Count>(tiling_.rule.axis.stride),
                                      static_cast<core::Count>(tiling_.kv_tile));
  const auto rows = core::saturating_multiply(tokens, static_cast<core::Count>(tiling_.heads));
  const auto tiles = common_multiple(rows, tile) / tile;
  return static_cast<std::int64_t>(std::min(tiles, static_cast<core::Count>(grid_tiles_) + 1));
}

bool AxisWalk::run(std::uint64_t times) {
  // Below this the plain walk is faster than finding out about periods.
  constexpr std::int64_t kShort = 256;
  const Interval inner = grid_tiles_ > kShort ? interior() : Interval{};
  const std::int64_t repeat = inner.empty() ? 1 : period();
  if (inner.size() < 2 * repeat) {
    if (!walk({0, grid_tiles_}, times)) return false;
  } else {
    const auto whole = static_cast<std::uint64_t>(inner.size() / repeat);
    const std::int64_t once_more = inner.begin + inner.size() % repeat;
    if (!walk({0, inner.begin}, times) || !walk({inner.begin, once_more}, times * (whole + 1)) ||
        !walk({once_more, inner.begin + repeat}, times * whole) || !walk({inner.end, grid_tiles_}, times)) {
      return false;
    }
  }
  const std::int64_t tiles = ceil_div(rows_, tiling_.q_tile);
  // At most one tile holds grid queries beside extra ones or padding; the tiles behind it see everything.
  const std::int64_t extra_begin = ceil_div(grid_rows_, tiling_.q_tile);
  if (grid_tiles_ < extra_begin) add(grid_tiles_, 1, times);
  if (extra_begin < tiles) add(extra_begin, tiles - extra_begin, times);
  return true;
}

// Causal queries before the interior each see another end, so their tiles are walked one by one: known
// without the walk, which would fill the memory before it gave up.
std::int64_t tiles_walked_at_least(const AxisTiling& tiling) {
  const AxisWindow& axis = tiling.rule.axis;
  if (!axis.causal) return 0;
  const Interval growing{std::max<std::int64_t>(tiling.first, 0),
                         std::min(tiling.first + tiling.queries, axis.window)};
  return growing.size() / ceil_div(tiling.q_tile, tiling.heads) - 1;
}

}  // namespace

core::Status count_axis(const AxisTiling& tiling, std::uint64_t times, AxisCounts& counts) {
  if (is_short_window_line(tiling)) {
    count_window_line(tiling, times, counts);
    return core::Done{};
  }
  const bool hopeless = tiles_walked_at_least(tiling) > static_cast<std::int64_t>(kMaxTilesWalked);
  if (!hopeless && AxisWalk(tiling, counts).run(times)) return core::Done{};
  return core::fail(
      core::Fault::kInput,
      fmt::format("more than {} different query tiles along {} queries", kMaxTilesWalked, tiling.queries),
      "take larger query tiles or a shorter sequence");
}

}  // namespace spanwise::patterns
