// SPDX-License-Identifier: Apache-2.0
// Cases and hand-made plans of cpu_kernel_bench.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/thread_pool.h"
#include "kernels/cpu/tile_plan.h"
#include "patterns/case.h"

namespace spanwise::kernels {

inline constexpr int kTogether = 4;  // query tiles that the kernel takes together

inline patterns::Case case_of(core::DType dtype, std::int64_t length, std::int64_t head_dim, patterns::Pattern pattern) {
  patterns::Case shape;
  shape.pattern = std::move(pattern);
  shape.q_len = shape.kv_len = length;
  shape.head_dim = shape.head_dim_v = head_dim;
  shape.dtype = shape.kv_dtype = dtype;
  return shape;
}

inline double pairs_of(const TilePlan& plan) {
  double pairs = 0;
  for (std::size_t tile = 0; tile < plan.tiles.size(); ++tile) {
    const auto rows = static_cast<std::size_t>(plan.tiles[tile].tokens * plan.group);
    for (const auto visit : plan.visits_of(tile)) {
      if (visit.mask == TileVisit::kFull) {
        pairs += static_cast<double>(rows) * kKeyTile * visit.tiles;
      } else {
        const auto& mask = plan.masks[static_cast<std::size_t>(visit.mask)];
        for (std::size_t row = 0; row < rows; ++row) pairs += std::popcount(mask[row]);
      }
    }
  }
  return pairs;
}

// Random blocks of q_rows queries by 64 keys, for `tiles` query tiles spread over the length.
inline TilePlan random_blocks(std::int64_t length, std::int64_t q_rows, double density, int tiles) {
  TilePlan plan;
  const std::int64_t kv_tiles = length / kKeyTile;
  const auto keep = std::max<std::int64_t>(1, static_cast<std::int64_t>(density * static_cast<double>(kv_tiles) + 0.5));
  for (int i = 0; i < tiles; ++i) {
    plan.tiles.push_back({i * length / tiles / q_rows * q_rows, q_rows, plan.rows});
    plan.rows += q_rows;
    std::vector<std::int32_t> kept;
    for (std::uint64_t draw = 0; static_cast<std::int64_t>(kept.size()) < keep; ++draw) {
      const auto bits = core::random_bits(static_cast<std::uint64_t>(i), 9, draw);
      const auto tile = static_cast<std::int32_t>(bits % static_cast<std::uint64_t>(kv_tiles));
      if (std::find(kept.begin(), kept.end(), tile) == kept.end()) kept.push_back(tile);
    }
    std::sort(kept.begin(), kept.end());
    std::vector<TileVisit> visits;
    for (const auto tile : kept) visits.push_back({tile, TileVisit::kFull});
    plan.append(visits);
  }
  return plan;
}

// Neighbouring tiles around three quarters of the length: what a thread takes at once when there are many.
inline TilePlan sampled(const patterns::Case& shape, int samples, core::ThreadPool& pool) {
  std::vector<std::int64_t> tiles;
  const std::int64_t first = std::min(query_tiles(shape) * 3 / 4, query_tiles(shape) - samples);
  for (int i = 0; i < samples; ++i) tiles.push_back(first + i);
  return std::move(*plan_tiles(shape, tiles, std::uint64_t{1} << 30, pool));
}

// A neighborhood whose tokens lie box by box, so that a tile of 64 is a box: what a kernel with static tiling holds.
inline patterns::Case boxed(core::DType dtype, const patterns::Lengths& grid, const patterns::Lengths& box,
                            patterns::Neighborhood neighborhood) {
  patterns::Permuted pattern;
  pattern.permutation.form = patterns::Permutation::Form::kListed;
  const std::int64_t tokens = patterns::volume(grid);
  for (std::int64_t place = 0; place < tokens; ++place) {
    std::int64_t rest = place, box_index = 0, inside = 0, boxes = 1, volume = 1;
    for (std::size_t axis = grid.size(); axis-- > 0;) {
      const std::int64_t at = rest % grid[axis];
      rest /= grid[axis];
      box_index += at / box[axis] * boxes;
      inside += at % box[axis] * volume;
      boxes *= grid[axis] / box[axis];
      volume *= box[axis];
    }
    pattern.permutation.order.push_back(box_index * volume + inside);
  }
  pattern.inner = patterns::part(std::move(neighborhood));
  auto shape = case_of(dtype, tokens, 128, std::move(pattern));
  shape.tokens = grid;
  return shape;
}

// Vertical lines at random places, as MInference keeps them.
inline patterns::Case columns(core::DType dtype, std::int64_t length, std::int64_t count) {
  patterns::VerticalSlash pattern;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = core::random_bits(3, 9, static_cast<std::uint64_t>(i));
    pattern.columns.at.push_back(static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(length / 2)));
  }
  std::sort(pattern.columns.at.begin(), pattern.columns.at.end());
  pattern.columns.at.erase(std::unique(pattern.columns.at.begin(), pattern.columns.at.end()), pattern.columns.at.end());
  pattern.columns.count = static_cast<std::int64_t>(pattern.columns.at.size());
  pattern.diagonals = {{0}, 1};
  return case_of(dtype, length, 128, std::move(pattern));
}

}  // namespace spanwise::kernels
