// SPDX-License-Identifier: Apache-2.0
// Boxes of tokens. Where the pattern is a product over the axes, within each combination of dilation classes and over all
// of them, counting is a histogram an axis and their product; other patterns are looked at box by box.
#include "patterns/box_count.h"

#include "patterns/axis_count.h"
#include "patterns/dilation_classes.h"
#include "patterns/divisor.h"
#include "patterns/natten_test.h"
#include "patterns/pair_count.h"
#include "patterns/request_check.h"
#include "patterns/source_boxes.h"
#include "patterns/source_tiles.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {
namespace {

using core::ceil_div;
using core::Count;

struct BoxAxis {
  AxisCounts counts;
  Count pairs = 0;
  Count launched = 0;  // query tiles, those of padding alone included
  Count kv_boxes = 0;  // KV tiles with a real key
};

// Patterns that are no products: tile by tile.
core::Status count_boxes_of(const CountRequest& request, BoxAxis& result) {
  auto source = tiled_key_source(request.pattern, request.tokens);
  if (!source) return source.error();
  const std::int64_t first = flat_offset(request), queries = volume(query_box(request));
  result.launched = result.kv_boxes = 1;
  for (std::size_t axis = 0; axis < request.tokens.size(); ++axis) {
    result.launched *= static_cast<Count>(ceil_div(queries_on_axis(request, axis).size(), request.q_tile[axis]));
    result.kv_boxes *= static_cast<Count>(ceil_div(request.tokens[axis], request.kv_tile[axis]));
  }
  result.counts.keep_rows = request.histogram;
  core::Status counted = core::Done{};
  if (request.tokens.size() == 1) {
    const SourceTiles tiles(*source, {{volume(request.tokens), 0}, first, queries, 0}, request.kv_tile[0]);
    counted = count_source_tiles(tiles, request.q_tile[0], 1, request.tiling == Tiling::kDynamic, result.counts);
  } else {
    counted = count_source_boxes(request, **source, result.counts);
  }
  if (!counted) return counted;
  result.counts.sort();
  auto pairs = count_source_pairs(**source, {first, first + queries});
  if (!pairs) return pairs.error();
  result.pairs = *pairs;
  return core::Done{};
}

// One line along the axis adds its counts `times` over.
core::Status add_line(const IntervalRule& rule, std::int64_t length, Interval positions, std::uint64_t times,
                      AxisTiling& tiling, BoxAxis& axis) {
  axis.kv_boxes += times * static_cast<Count>(Divisor(tiling.kv_tile).ceil(length));
  if (positions.empty()) return core::Done{};
  axis.pairs += times * visible_pairs(rule, positions);
  tiling.rule = rule;
  tiling.keys = {length, 0};
  tiling.first = positions.begin;
  tiling.queries = positions.size();
  return count_axis(tiling, times, axis.counts);
}

core::Status count_box_axis(const CountRequest& request, std::size_t axis, Interval queries, BoxAxis& result) {
  const auto* neighborhood = std::get_if<Neighborhood>(&request.pattern);
  const std::int64_t length = request.tokens[axis];
  AxisTiling tiling;
  tiling.q_tile = request.q_tile[axis];
  tiling.kv_tile = request.kv_tile[axis];
  tiling.dynamic = request.tiling == Tiling::kDynamic;
  tiling.kernel_bounds = neighborhood != nullptr && !tiling.dynamic;
  result.counts.keep_rows = request.histogram;
  std::int64_t dilation = 1;
  if (neighborhood != nullptr) {
    dilation = neighborhood->dilation[axis];
    const AxisRule rule{length, neighborhood->window[axis], neighborhood->stride[axis], dilation, neighborhood->causal[axis]};
    for (const ClassRun& run : class_runs(rule, queries)) {
      if (auto fine = add_line({run.axis}, run.axis.length, run.positions, run.times, tiling, result); !fine) return fine;
    }
  } else {
    // Over several axes dense attention that is not causal: each axis of it is dense.
    const auto rule = interval_rule(request.pattern, {length});
    if (auto fine = add_line(*rule, length, queries, 1, tiling, result); !fine) return fine;
  }
  result.counts.sort();
  const std::int64_t longest = dilation == 1 ? queries.size() : ceil_div(queries.size(), dilation);
  result.launched = static_cast<Count>(dilation) * static_cast<Count>(Divisor(tiling.q_tile).ceil(longest));
  return core::Done{};
}

// Patterns that are products over the axes, and those of one axis in which windows tell everything.
bool counts_by_axes(const CountRequest& request) {
  if (std::holds_alternative<Neighborhood>(request.pattern)) return true;
  if (request.tokens.size() == 1) return interval_rule(request.pattern, request.tokens).has_value();
  const auto* dense = std::get_if<Dense>(&request.pattern);
  return dense != nullptr && !dense->causal;
}

core::Status count_axes(const CountRequest& request, BoxAxis& grid) {
  for (std::size_t axis = 0; axis < request.tokens.size(); ++axis) {
    BoxAxis line;
    if (auto counted = count_box_axis(request, axis, queries_on_axis(request, axis), axis == 0 ? grid : line); !counted) return counted;
    if (axis == 0) continue;
    if (auto fine = multiply(grid.counts, line.counts); !fine) return fine;
    grid.pairs *= line.pairs;
    grid.launched *= line.launched;
    grid.kv_boxes *= line.kv_boxes;
  }
  return core::Done{};
}

// Extra KV tiles are full tiles of every query tile; extra query tiles visit everything.
void add_extra_tokens(const CountRequest& request, BoxAxis& grid, TileCounts& counts) {
  const bool dynamic = request.tiling == Tiling::kDynamic;
  const auto extra_kv = static_cast<std::uint64_t>(Divisor(volume(request.kv_tile)).ceil(request.extra_kv_tokens));
  const auto extra_q = static_cast<std::uint64_t>(Divisor(volume(request.q_tile)).ceil(request.extra_q_tokens));
  grid.counts.shift(extra_kv, dynamic ? 0 : extra_kv);
  if (extra_q > 0) {
    const auto all = static_cast<std::uint64_t>(grid.kv_boxes) + extra_kv;
    grid.counts.add(extra_q, all, dynamic ? 0 : all);
    grid.counts.kernel += static_cast<Count>(extra_q) * all;
    grid.counts.sort();
  }
  counts.q_tiles_launched = grid.launched + extra_q;
  counts.dense_kv_tiles += extra_kv;
}

}  // namespace

core::Result<TileCounts> count_box_tiles(const CountRequest& request) {
  core::Result<TileCounts> result{TileCounts{}};
  TileCounts& counts = *result;
  counts.dense_kv_tiles = 1;
  BoxAxis grid;
  if (const auto counted = counts_by_axes(request) ? count_axes(request, grid) : count_boxes_of(request, grid); !counted) return counted.error();
  Count grid_queries = 1;
  for (std::size_t axis = 0; axis < request.tokens.size(); ++axis) {
    counts.dense_kv_tiles *= static_cast<Count>(Divisor(request.kv_tile[axis]).ceil(request.tokens[axis]));
    grid_queries *= static_cast<Count>(queries_on_axis(request, axis).size());
  }
  const auto keys = static_cast<Count>(volume(request.tokens) + request.extra_kv_tokens);
  const auto extra_q = static_cast<Count>(request.extra_q_tokens);
  counts.pairs = grid.pairs + grid_queries * static_cast<Count>(request.extra_kv_tokens) + extra_q * keys;
  counts.dense_pairs = (grid_queries + extra_q) * keys;
  add_extra_tokens(request, grid, counts);
  counts.kernel_kv_tiles = grid.counts.kernel;
  fill_counts(grid.counts, request.tiling == Tiling::kStatic, counts);
  const auto* neighborhood = std::get_if<Neighborhood>(&request.pattern);
  if (neighborhood != nullptr && (request.q_tokens.empty() || request.q_tokens == request.tokens)) {
    counts.natten_block_sparse =
        natten_skips_mask(*neighborhood, request.tokens, request.q_tile, request.kv_tile);
  }
  return result;
}

}  // namespace spanwise::patterns
