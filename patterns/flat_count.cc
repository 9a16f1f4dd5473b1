// SPDX-License-Identifier: Apache-2.0
#include "patterns/flat_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "patterns/axis_count.h"
#include "patterns/dilation_classes.h"
#include "patterns/flat_tile.h"
#include "patterns/pair_count.h"
#include "patterns/request_check.h"
#include "patterns/source_tiles.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {
namespace {

using core::ceil_div;
using core::Count;

// About a minute: a step takes 5 to 9 ns on a server core of 2021.
constexpr double kMaxSteps = 1e10;
// Entries of FlatTileCounter's tables: about a gigabyte.
constexpr double kMaxEntries = 1e8;

// The position of the first query in the flat order of the grid.
std::int64_t flat_offset(const CountRequest& request) {
  const Lengths offset = query_offset(request);
  std::int64_t flat = 0;
  for (std::size_t axis = 0; axis < offset.size(); ++axis) flat = flat * request.tokens[axis] + offset[axis];
  return flat;
}

core::Result<AxisCounts> count_intervals(const CountRequest& request, const IntervalRule& rule,
                                         Count& grid_pairs) {
  AxisTiling tiling;
  tiling.rule = rule;
  tiling.keys = {volume(request.tokens), request.extra_kv_tokens};
  tiling.first = rule.everywhere ? 0 : flat_offset(request);
  tiling.queries = volume(query_box(request));
  tiling.extra_queries = request.extra_q_tokens;
  tiling.heads = request.group_heads;
  tiling.q_tile = volume(request.q_tile);
  tiling.kv_tile = volume(request.kv_tile);
  grid_pairs = visible_pairs(rule, {tiling.first, tiling.first + tiling.queries});
  AxisCounts counts;
  if (const auto counted = count_axis(tiling, 1, counts); !counted) return counted.error();
  return counts;
}

Count neighborhood_pairs(const std::vector<AxisRule>& axes, const Lengths& box, const Lengths& offset) {
  Count pairs = 1;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    Count axis_pairs = 0;
    for (const ClassRun& run : class_runs(axes[axis], {offset[axis], offset[axis] + box[axis]})) {
      axis_pairs += run.times * visible_pairs({run.axis}, run.positions);
    }
    pairs *= axis_pairs;
  }
  return pairs;
}

// Coordinates of the axis that `queries` neighbours on it see.
double reach(const AxisRule& axis, double queries) {
  const double window = static_cast<double>(axis.window + axis.stride) * static_cast<double>(axis.dilation);
  return std::min(window + queries, static_cast<double>(axis.length));
}

// Steps of FlatTileCounter for the whole request: row pieces of query tiles, times their rows of keys and the
// KV tiles of such a row, plus the keys of the last axis that a piece covers, plus the KV tiles between the
// first and the last visited one.
double steps(const CountRequest& request, const std::vector<AxisRule>& axes, double q_tiles, double keys) {
  const Lengths box = query_box(request);
  const auto kv_tile = static_cast<double>(volume(request.kv_tile));
  const auto queries = static_cast<double>(volume(box)), row = static_cast<double>(box.back());
  double key_rows = 1;
  for (std::size_t axis = 0; axis + 1 < axes.size(); ++axis) {
    key_rows *= static_cast<double>(axes[axis].window);
  }
  const double pieces = queries / row + q_tiles;
  const double covered = reach(axes.back(), std::min(row, queries / q_tiles + 1));
  const double slices =
      static_cast<double>(box.front()) / q_tiles + 1;  // of the slowest axis, in a query tile
  const bool to_the_end = request.extra_kv_tokens > 0;
  const double between =
      to_the_end ? keys : keys / static_cast<double>(axes.front().length) * reach(axes.front(), slices);
  return pieces * (key_rows * (1 + covered / kv_tile) + covered) + queries + q_tiles * between / kv_tile;
}

core::Status check_work(const CountRequest& request, const std::vector<AxisRule>& axes, std::int64_t rows,
                        std::int64_t keys) {
  const auto q_tiles = static_cast<double>(ceil_div(rows, volume(request.q_tile)));
  const double work = steps(request, axes, q_tiles, static_cast<double>(keys));
  const double entries = 2 * static_cast<double>(axes.back().length + axes.back().dilation) +
                         static_cast<double>(keys) / static_cast<double>(volume(request.kv_tile));
  if (work <= kMaxSteps && entries <= kMaxEntries) return core::Done{};
  return core::fail(
      core::Fault::kInput,
      work > kMaxSteps
          ? fmt::format("this flat count needs about {:.0e} steps, more than a minute's work", work)
          : fmt::format("this flat count needs tables of {:.0e} entries", entries),
      "take static tiling, larger tiles or a smaller layout");
}

core::Result<AxisCounts> count_runs(const CountRequest& request, Count& grid_pairs) {
  const auto axes = axis_rules(std::get<Neighborhood>(request.pattern), request.tokens);
  const Lengths box = query_box(request), offset = query_offset(request);
  const std::int64_t grid_queries = volume(box), queries = grid_queries + request.extra_q_tokens;
  const std::int64_t rows = queries * request.group_heads, q_tile = volume(request.q_tile);
  const std::int64_t keys = volume(request.tokens) + request.extra_kv_tokens;
  if (const auto fine = check_work(request, axes, rows, keys); !fine) return fine.error();
  grid_pairs = neighborhood_pairs(axes, box, offset);
  FlatTileCounter counter(axes, {box, offset, 0, grid_queries, request.extra_q_tokens},
                          request.extra_kv_tokens, volume(request.kv_tile));
  AxisCounts counts;
  for (std::int64_t row = 0; row < rows; row += q_tile) {
    counter.count(row / request.group_heads, (std::min(row + q_tile, rows) - 1) / request.group_heads + 1);
    std::uint64_t visited = 0, full = 0;
    counter.each_tile([&](std::int64_t, bool is_full) {
      ++visited;
      full += is_full ? 1 : 0;
    });
    counts.add(1, visited, full);
  }
  return counts;
}

core::Result<AxisCounts> count_source(const CountRequest& request, Count& grid_pairs) {
  auto source = tiled_key_source(request.pattern, request.tokens);
  if (!source) return source.error();
  const std::int64_t first = flat_offset(request), queries = volume(query_box(request));
  auto pairs = count_source_pairs(**source, {first, first + queries});
  if (!pairs) return pairs.error();
  grid_pairs = *pairs;
  const KeyLine keys{volume(request.tokens), request.extra_kv_tokens};
  const SourceTiles tiles(*source, {keys, first, queries, request.extra_q_tokens}, volume(request.kv_tile));
  AxisCounts counts;
  if (const auto counted = count_source_tiles(tiles, volume(request.q_tile), request.group_heads, false, counts); !counted) {
    return counted.error();
  }
  return counts;
}

core::Result<AxisCounts> count_rows(const CountRequest& request, Count& grid_pairs) {
  if (const auto rule = interval_rule(request.pattern, request.tokens)) return count_intervals(request, *rule, grid_pairs);
  const bool axes = std::holds_alternative<Neighborhood>(request.pattern);
  return axes ? count_runs(request, grid_pairs) : count_source(request, grid_pairs);
}

}  // namespace

core::Result<TileCounts> count_flat_tiles(const CountRequest& request) {
  Count grid_pairs = 0;
  auto tiles = count_rows(request, grid_pairs);
  if (!tiles) return tiles.error();
  tiles->sort();
  const auto grid_queries = static_cast<Count>(volume(query_box(request)));
  const auto keys = static_cast<Count>(volume(request.tokens) + request.extra_kv_tokens);
  const auto extra_q = static_cast<Count>(request.extra_q_tokens);
  TileCounts counts;
  counts.pairs = grid_pairs + grid_queries * static_cast<Count>(request.extra_kv_tokens) + extra_q * keys;
  counts.dense_pairs = (grid_queries + extra_q) * keys;
  counts.dense_kv_tiles =
      static_cast<Count>(ceil_div(static_cast<std::int64_t>(keys), volume(request.kv_tile)));
  fill_counts(*tiles, true, counts);
  counts.q_tiles_launched = counts.q_tiles;
  counts.kernel_kv_tiles = counts.kv_tiles;
  return counts;
}

}  // namespace spanwise::patterns
