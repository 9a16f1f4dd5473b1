// SPDX-License-Identifier: Apache-2.0
// Histograms of query tiles: along one axis, multiplied over the axes, and what a request's counts take from
// them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/int128.h"
#include "core/result.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// The most tiles that are looked at one by one, and the most rows of a histogram: a fifth of a second and 25 MB.
inline constexpr std::uint64_t kMaxTilesWalked = std::uint64_t{1} << 20;

// KV tiles of one query tile.
struct TilesSeen {
  std::int64_t visited = 0, full = 0;
};

// Query tiles that visit as many KV tiles, and as many full ones (none in dynamic tiling).
struct AxisRow {
  std::uint64_t q_tiles = 0;
  std::uint64_t visited = 0;
  std::uint64_t full = 0;
};

// Of query tiles looked at one by one, each of them at most 2^41 KV tiles; fewer than 2^20 query tiles.
struct AxisSums {
  std::int64_t q_tiles = 0, visited = 0, full = 0, kernel = 0;
  std::int64_t most = 0, least = INT64_MAX;

  void add(std::int64_t visited_by_it, std::int64_t full_of_it) {
    ++q_tiles;
    visited += visited_by_it;
    full += full_of_it;
    most = std::max(most, visited_by_it);
    least = std::min(least, visited_by_it);
  }
};

struct AxisCounts {
  std::vector<AxisRow> rows;  // ascending by (visited, full) once sorted; none where keep_rows is false
  core::Count q_tiles = 0, visited = 0, full = 0;
  core::Count kernel = 0;  // KV tiles that NATTEN's kernels visit, summed over query tiles
  std::uint64_t most = 0, least = ~std::uint64_t{0};  // KV tiles of one query tile
  std::uint64_t walked = 0;                           // tiles looked at
  bool keep_rows = true;

  void add(std::uint64_t tiles, std::uint64_t visited_by_each, std::uint64_t full_of_each);
  void add_row(std::uint64_t tiles, std::uint64_t visited_by_each, std::uint64_t full_of_each);
  // Query tiles of which each visits as many more than the one before as the second more than the first.
  void add_series(std::uint64_t tiles, TilesSeen first, TilesSeen second);
  void add_sums(const AxisSums& sums, std::uint64_t times);  // but for the rows
  // Every query tile so far visits so many more.
  void shift(std::uint64_t more_visited, std::uint64_t more_full);
  void sort();
};

// Makes `outer` the counts of boxes of both: a box visits the product of what its axes visit, and the product of the
// full ones is full. Error: more than kMaxTilesWalked combinations of rows.
core::Status multiply(AxisCounts& outer, const AxisCounts& inner);

// Fills what follows from the histogram: q_tiles, kv_tiles and its extremes, full and partial tiles, block sparsity and
// rows.
void fill_counts(const AxisCounts& tiles, bool know_full, TileCounts& counts);

}  // namespace spanwise::patterns
