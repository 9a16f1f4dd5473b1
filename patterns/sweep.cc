// SPDX-License-Identifier: Apache-2.0
#include "patterns/sweep.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace spanwise::patterns {
namespace {

// One axis of the layout by itself.
CountRequest axis_request(const Lengths& tokens, const Neighborhood& pattern, Tiling tiling, const TilePair& tiles, std::size_t axis) {
  CountRequest request;
  request.tokens = {tokens[axis]};
  request.pattern = Neighborhood{{pattern.window[axis]}, {pattern.stride[axis]}, {pattern.dilation[axis]}, {pattern.causal[axis]}};
  request.q_tile = {tiles.q_tile[axis]};
  request.kv_tile = {tiles.kv_tile[axis]};
  request.tiling = tiling;
  request.histogram = false;
  return request;
}

struct Option {
  std::int64_t stride = 1;
  double pairs = 1, dense_pairs = 1, dense = 1, q_tiles = 1, visited = 1, worst = 1;
  bool block_sparse = true, natten = true;
};

Option option_of(std::int64_t stride, const TileCounts& counts) {
  using core::to_double;
  return {stride, to_double(counts.pairs), to_double(counts.dense_pairs), to_double(counts.dense_kv_tiles),
          to_double(counts.q_tiles), to_double(counts.kv_tiles), to_double(counts.kv_tiles_max),
          counts.block_sparse.value_or(false), counts.natten_block_sparse.value_or(false)};
}

Option multiply(const Option& a, const Option& b) {
  return {a.stride * b.stride, a.pairs * b.pairs, a.dense_pairs * b.dense_pairs, a.dense * b.dense, a.q_tiles * b.q_tiles,
          a.visited * b.visited, a.worst * b.worst, a.block_sparse && b.block_sparse, a.natten && b.natten};
}

SweepPoint point_of(const Option& all, Lengths stride, const Neighborhood& pattern, Tiling tiling, const TilePair& tiles) {
  SweepPoint point;
  point.stride = std::move(stride);
  point.dilation = pattern.dilation;
  point.tiles = tiles;
  point.flop_speedup = all.dense_pairs / all.pairs;
  point.worst_speedup = all.dense / all.worst;
  point.total_speedup = all.dense * all.q_tiles / all.visited;
  point.keys = all.visited / all.q_tiles * static_cast<double>(volume(tiles.kv_tile));
  if (tiling == Tiling::kStatic) point.block_sparse = all.block_sparse;
  point.natten_block_sparse = all.natten;
  return point;
}

bool smaller(const SweepPoint& a, const SweepPoint& b) {
  const auto key = [](const SweepPoint& p) { return std::tuple(volume(p.stride), -p.worst_speedup, -p.total_speedup); };
  return key(a) < key(b);
}

// A flat tile of a layout of several axes: ragged rows, which are no product, so only the given stride is counted.
core::Result<std::vector<SweepPoint>> one_point(const Lengths& tokens, const Neighborhood& pattern, Tiling tiling, const TilePair& tiles) {
  CountRequest request;
  request.tokens = tokens;
  request.pattern = pattern;
  request.q_tile = tiles.q_tile;
  request.kv_tile = tiles.kv_tile;
  request.tiling = tiling;
  const auto counts = count_tiles(request);
  if (!counts) return counts.error();
  auto point = point_of(option_of(1, *counts), pattern.stride, pattern, tiling, tiles);
  point.block_sparse = counts->block_sparse;
  point.natten_block_sparse = counts->natten_block_sparse;
  return std::vector<SweepPoint>{std::move(point)};
}

// An axis of a stride is walked for a few windows, or for a period of the stride and the KV tile.
core::Status check_work(const Lengths& tokens, const Neighborhood& pattern, const TilePair& tiles) {
  constexpr double kMostTiles = 2e7;  // about two seconds
  double walked = 0;
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    const auto window = static_cast<double>(pattern.window[axis]), kv_tile = static_cast<double>(tiles.kv_tile[axis]);
    const auto q_tile = static_cast<double>(tiles.q_tile[axis]);
    const double all = static_cast<double>(tokens[axis]) / q_tile + 1;
    const double strides = pattern.causal[axis] ? 1 : window;
    walked += strides * std::min(all, (4 * window + window * kv_tile / 2) / q_tile + 256);
  }
  if (walked <= kMostTiles) return core::Done{};
  return core::fail(core::Fault::kInput, fmt::format("the strides of this window have about {:.0e} different query tiles", walked),
                    "take larger tiles, a smaller window or a shorter layout");
}

}  // namespace

core::Result<std::vector<SweepPoint>> sweep_strides(const Lengths& tokens, const Neighborhood& pattern, Tiling tiling, const TilePair& tiles) {
  if (auto fine = check_fits(pattern, tokens); !fine) return fine.error();
  if (tiling == Tiling::kFlat || tiles.q_tile.size() != tokens.size()) return one_point(tokens, pattern, tiling, tiles);
  if (auto fine = check_work(tokens, pattern, tiles); !fine) return fine.error();
  std::vector<std::pair<Option, Lengths>> products{{{}, {}}};
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    auto request = axis_request(tokens, pattern, tiling, tiles, axis);
    auto& rule = std::get<Neighborhood>(request.pattern);
    const bool fixed = pattern.causal[axis];
    std::vector<Option> options;
    for (std::int64_t stride = fixed ? rule.stride[0] : 1; stride <= (fixed ? rule.stride[0] : rule.window[0]); ++stride) {
      rule.stride[0] = stride;
      const auto counts = count_tiles(request);
      if (!counts) return counts.error();
      const Option option = option_of(stride, *counts);
      // A stride matters only where an axis needs fewer tiles than with every smaller one.
      const bool better = std::all_of(options.begin(), options.end(), [&](const Option& known) {
        return option.worst < known.worst || option.visited < known.visited || (option.block_sparse && !known.block_sparse);
      });
      if (better) options.push_back(option);
    }
    constexpr std::size_t kMostPoints = std::size_t{1} << 20;
    if (products.size() * options.size() > kMostPoints) {
      return core::fail(core::Fault::kInput, fmt::format("more than {} combinations of strides matter", kMostPoints), "take larger tiles or a smaller window");
    }
    std::vector<std::pair<Option, Lengths>> longer;
    for (const auto& [product, strides] : products) {
      for (const Option& option : options) {
        longer.emplace_back(multiply(product, option), strides);
        longer.back().second.push_back(option.stride);
      }
    }
    products = std::move(longer);
  }
  std::vector<SweepPoint> points;
  for (auto& [product, strides] : products) points.push_back(point_of(product, std::move(strides), pattern, tiling, tiles));
  std::stable_sort(points.begin(), points.end(), smaller);
  return points;
}

std::vector<SweepPoint> prune(std::vector<SweepPoint> points) {
  std::stable_sort(points.begin(), points.end(), smaller);
  std::vector<SweepPoint> kept;
  for (auto& point : points) {
    constexpr double kSame = 1 + 1e-12;
    if (kept.empty() || point.worst_speedup > kept.back().worst_speedup * kSame) kept.push_back(std::move(point));
  }
  return kept;
}

core::Result<TilePair> best_kv_box(const Lengths& tokens, const Neighborhood& pattern, Tiling tiling, const Lengths& q_tile,
                                   std::int64_t most) {
  if (auto fine = check_fits(pattern, tokens); !fine) return fine.error();
  TilePair best, tiles{0, q_tile, Lengths(tokens.size(), 1)};
  double fewest = 0;
  std::map<std::pair<std::size_t, std::int64_t>, double> visited;  // by axis and extent: KV tiles of a query tile
  const auto mean_visited = [&](std::size_t axis) -> core::Result<double> {
    const auto key = std::pair(axis, tiles.kv_tile[axis]);
    if (const auto known = visited.find(key); known != visited.end()) return known->second;
    const auto counts = count_tiles(axis_request(tokens, pattern, tiling, tiles, axis));
    if (!counts) return counts.error();
    return visited[key] = core::to_double(counts->kv_tiles) / core::to_double(counts->q_tiles);
  };
  for (;;) {  // every box, as an odometer
    const std::int64_t size = volume(tiles.kv_tile);
    if (size <= most && 2 * size > most && size % 8 == 0) {
      double keys = static_cast<double>(size);
      for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
        const auto mean = mean_visited(axis);
        if (!mean) return mean.error();
        keys *= *mean;
      }
      if (best.kv_tile.empty() || keys < fewest || (keys == fewest && size > volume(best.kv_tile))) {
        best = tiles;
        fewest = keys;
      }
    }
    std::size_t axis = tokens.size();
    while (axis-- > 0) {
      if (++tiles.kv_tile[axis] <= tokens[axis] && volume(tiles.kv_tile) <= most) break;
      tiles.kv_tile[axis] = 1;
      if (axis == 0) return best.kv_tile.empty() ? core::Result<TilePair>(core::fail(core::Fault::kInput, "no KV box fits the layout"))
                                                 : core::Result<TilePair>(best);
    }
  }
}

}  // namespace spanwise::patterns
