// SPDX-License-Identifier: Apache-2.0
// Boxes of tokens: pattern and tiles are products over the axes, within each combination of dilation classes
// and over all of them, so counting is a histogram an axis and their product.
#include "patterns/box_count.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "patterns/axis_count.h"
#include "patterns/dilation_classes.h"
#include "patterns/natten_test.h"
#include "patterns/pair_count.h"
#include "patterns/request_check.h"
#include "patterns/source_tiles.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {
namespace {

using core::ceil_div;
using core::Count;

// Equal lines of one axis.
struct Line {
  IntervalRule rule;
  std::int64_t length = 0;  // keys
  Interval positions;
  std::uint64_t times = 1;
};

std::vector<Line> lines_of_axis(const CountRequest& request, std::size_t axis, Interval queries) {
  const std::int64_t length = request.tokens[axis];
  if (const auto* neighborhood = std::get_if<Neighborhood>(&request.pattern)) {
    const AxisRule rule{length, neighborhood->window[axis], neighborhood->stride[axis],
                        neighborhood->dilation[axis], neighborhood->causal[axis]};
    std::vector<Line> lines;
    for (const ClassRun& run : class_runs(rule, queries))
      lines.push_back({{run.axis}, run.axis.length, run.positions, run.times});
    return lines;
  }
  // check_request() lets several axes through for dense attention that is not causal alone.
  if (request.tokens.size() > 1) return {{{{length, length, 1, false}, 0, true}, length, queries, 1}};
  return {{*interval_rule(request.pattern, request.tokens), length, queries, 1}};
}

struct BoxAxis {
  AxisCounts counts;
  Count pairs = 0;
  Count launched = 0;  // query tiles, those of padding alone included
  Count kv_boxes = 0;  // KV tiles with a real key
};

// Patterns that are no intervals: over one axis, tile by tile.
core::Result<BoxAxis> count_listed_line(const CountRequest& request, Interval queries) {
  const std::int64_t keys = request.tokens[0], kv_tile = request.kv_tile[0];
  auto source = tiled_key_source(request.pattern, request.tokens);
  if (!source) return source.error();
  auto pairs = count_source_pairs(**source, queries);
  if (!pairs) return pairs.error();
  BoxAxis result;
  result.pairs = *pairs;
  const SourceTiles tiles(*source, {{keys, 0}, queries.begin, queries.size(), 0}, kv_tile);
  const bool dynamic = request.tiling == Tiling::kDynamic;
  if (const auto counted = count_source_tiles(tiles, request.q_tile[0], 1, dynamic, result.counts); !counted) {
    return counted.error();
  }
  result.counts.sort();
  result.launched = static_cast<Count>(ceil_div(queries.size(), request.q_tile[0]));
  result.kv_boxes = static_cast<Count>(ceil_div(keys, kv_tile));
  return result;
}

core::Result<BoxAxis> count_box_axis(const CountRequest& request, std::size_t axis, Interval queries) {
  const auto* neighborhood = std::get_if<Neighborhood>(&request.pattern);
  const bool product = neighborhood != nullptr || request.tokens.size() > 1;
  if (!product && !interval_rule(request.pattern, request.tokens)) return count_listed_line(request, queries);
  AxisTiling tiling;
  tiling.q_tile = request.q_tile[axis];
  tiling.kv_tile = request.kv_tile[axis];
  tiling.dynamic = request.tiling == Tiling::kDynamic;
  tiling.kernel_bounds = neighborhood != nullptr && !tiling.dynamic;
  BoxAxis result;
  for (const Line& line : lines_of_axis(request, axis, queries)) {
    result.kv_boxes += line.times * static_cast<Count>(ceil_div(line.length, tiling.kv_tile));
    if (line.positions.empty()) continue;
    result.pairs += line.times * visible_pairs(line.rule, line.positions);
    tiling.rule = line.rule;
    tiling.keys = {line.length, 0};
    tiling.first = line.positions.begin;
    tiling.queries = line.positions.size();
    if (const auto counted = count_axis(tiling, line.times, result.counts); !counted) return counted.error();
  }
  result.counts.sort();
  const std::int64_t dilation = neighborhood == nullptr ? 1 : neighborhood->dilation[axis];
  result.launched = static_cast<Count>(dilation) *
                    static_cast<Count>(ceil_div(ceil_div(queries.size(), dilation), tiling.q_tile));
  return result;
}

// Extra KV tiles are full tiles of every query tile; extra query tiles visit everything.
void add_extra_tokens(const CountRequest& request, const BoxAxis& grid, TileCounts& counts,
                      AxisCounts& boxes) {
  const bool dynamic = request.tiling == Tiling::kDynamic;
  const auto extra_kv =
      static_cast<std::uint64_t>(ceil_div(request.extra_kv_tokens, volume(request.kv_tile)));
  const auto extra_q = static_cast<std::uint64_t>(ceil_div(request.extra_q_tokens, volume(request.q_tile)));
  counts.kernel_kv_tiles = boxes.kernel;
  for (AxisRow& row : boxes.rows) {
    row.visited += extra_kv;
    row.full += dynamic ? 0 : extra_kv;
    counts.kernel_kv_tiles += static_cast<Count>(row.q_tiles) * extra_kv;
  }
  if (extra_q > 0) {
    const auto all = static_cast<std::uint64_t>(grid.kv_boxes) + extra_kv;
    boxes.rows.push_back({extra_q, all, dynamic ? 0 : all});
    boxes.sort();
    counts.kernel_kv_tiles += static_cast<Count>(extra_q) * all;
  }
  counts.q_tiles_launched = grid.launched + extra_q;
  counts.dense_kv_tiles += extra_kv;
}

}  // namespace

core::Result<TileCounts> count_box_tiles(const CountRequest& request) {
  const Lengths box = query_box(request), offset = query_offset(request);
  TileCounts counts;
  counts.dense_kv_tiles = 1;
  BoxAxis grid{{{{1, 1, 1}}, 1, 0}, 1, 1, 1};
  for (std::size_t axis = 0; axis < box.size(); ++axis) {
    auto line = count_box_axis(request, axis, {offset[axis], offset[axis] + box[axis]});
    if (!line) return line.error();
    auto product = multiply(grid.counts, line->counts);
    if (!product) return product.error();
    grid = {std::move(*product), grid.pairs * line->pairs, grid.launched * line->launched,
            grid.kv_boxes * line->kv_boxes};
    counts.dense_kv_tiles *= static_cast<Count>(ceil_div(request.tokens[axis], request.kv_tile[axis]));
  }
  const auto grid_queries = static_cast<Count>(volume(box));
  const auto keys = static_cast<Count>(volume(request.tokens) + request.extra_kv_tokens);
  const auto extra_q = static_cast<Count>(request.extra_q_tokens);
  counts.pairs = grid.pairs + grid_queries * static_cast<Count>(request.extra_kv_tokens) + extra_q * keys;
  counts.dense_pairs = (grid_queries + extra_q) * keys;
  AxisCounts boxes = std::move(grid.counts);
  add_extra_tokens(request, grid, counts, boxes);
  fill_from_rows(boxes.rows, request.tiling == Tiling::kStatic, counts);
  const auto* neighborhood = std::get_if<Neighborhood>(&request.pattern);
  if (neighborhood != nullptr && box == request.tokens) {
    counts.natten_block_sparse =
        natten_skips_mask(*neighborhood, request.tokens, request.q_tile, request.kv_tile);
  }
  return counts;
}

}  // namespace spanwise::patterns
