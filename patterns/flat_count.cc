// SPDX-License-Identifier: Apache-2.0
#include "patterns/flat_count.h"

#include <memory>
#include <utility>

#include "patterns/axis_count.h"
#include "patterns/pair_count.h"
#include "patterns/request_check.h"
#include "patterns/source_grid.h"
#include "patterns/source_tiles.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {
namespace {

using core::ceil_div;
using core::Count;

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
  counts.keep_rows = request.histogram;
  if (const auto counted = count_axis(tiling, 1, counts); !counted) return counted.error();
  return counts;
}

// A neighborhood takes any box of queries; other kinds take consecutive ones.
core::Result<AxisCounts> count_source(const CountRequest& request, Count& grid_pairs) {
  std::shared_ptr<const KeySource> source;
  std::int64_t first = 0;
  if (const auto* neighborhood = std::get_if<Neighborhood>(&request.pattern)) {
    source = std::make_shared<GridSource>(axis_rules(*neighborhood, request.tokens), query_box(request), query_offset(request));
  } else {
    auto made = tiled_key_source(request.pattern, request.tokens);
    if (!made) return made.error();
    source = std::move(*made);
    first = flat_offset(request);
  }
  const std::int64_t queries = volume(query_box(request));
  const KeyLine keys{volume(request.tokens), request.extra_kv_tokens};
  const SourceTiles tiles(source, {keys, first, queries, request.extra_q_tokens}, volume(request.kv_tile));
  AxisCounts counts;
  counts.keep_rows = request.histogram;
  if (const auto counted = count_source_tiles(tiles, volume(request.q_tile), request.group_heads, false, counts); !counted) {
    return counted.error();
  }
  auto pairs = count_source_pairs(*source, {first, first + queries});
  if (!pairs) return pairs.error();
  grid_pairs = *pairs;
  return counts;
}

core::Result<AxisCounts> count_rows(const CountRequest& request, Count& grid_pairs) {
  if (const auto rule = interval_rule(request.pattern, request.tokens)) return count_intervals(request, *rule, grid_pairs);
  return count_source(request, grid_pairs);
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
