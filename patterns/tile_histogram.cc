// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace spanwise::patterns {

void AxisCounts::add(std::uint64_t tiles, std::uint64_t visited_by_each, std::uint64_t full_of_each) {
  q_tiles += tiles;
  visited += static_cast<core::Count>(tiles) * visited_by_each;
  full += static_cast<core::Count>(tiles) * full_of_each;
  most = std::max(most, visited_by_each);
  least = std::min(least, visited_by_each);
  if (keep_rows) add_row(tiles, visited_by_each, full_of_each);
}

void AxisCounts::add_row(std::uint64_t tiles, std::uint64_t visited_by_each, std::uint64_t full_of_each) {
  if (!rows.empty() && rows.back().visited == visited_by_each && rows.back().full == full_of_each) {
    rows.back().q_tiles += tiles;
  } else {
    rows.push_back({tiles, visited_by_each, full_of_each});
  }
}

void AxisCounts::add_series(std::uint64_t tiles, TilesSeen first, TilesSeen second) {
  const std::int64_t more_visited = second.visited - first.visited, more_full = second.full - first.full;
  const auto add_at = [&](std::uint64_t index, std::uint64_t count) {
    const auto steps = static_cast<std::int64_t>(index);
    add(count, static_cast<std::uint64_t>(first.visited + steps * more_visited), static_cast<std::uint64_t>(first.full + steps * more_full));
  };
  if (more_visited == 0 && more_full == 0) return add_at(0, tiles);
  if (keep_rows) {
    for (std::uint64_t index = 0; index < tiles; ++index) add_at(index, 1);
    return;
  }
  // The first and the last are the extremes; the sum of both stands for the mean.
  const auto sum = [tiles](std::int64_t low, std::int64_t high) { return static_cast<core::Count>(tiles) * static_cast<core::Count>(low + high) / 2; };
  const auto steps = static_cast<std::int64_t>(tiles) - 1;
  const std::int64_t last_visited = first.visited + steps * more_visited, last_full = first.full + steps * more_full;
  q_tiles += tiles;
  visited += sum(first.visited, last_visited);
  full += sum(first.full, last_full);
  most = std::max(most, static_cast<std::uint64_t>(std::max(first.visited, last_visited)));
  least = std::min(least, static_cast<std::uint64_t>(std::min(first.visited, last_visited)));
}

void AxisCounts::add_sums(const AxisSums& sums, std::uint64_t times) {
  const auto total = [times](std::int64_t sum) { return static_cast<core::Count>(sum) * times; };
  q_tiles += total(sums.q_tiles);
  visited += total(sums.visited);
  full += total(sums.full);
  kernel += total(sums.kernel);
  most = std::max(most, static_cast<std::uint64_t>(sums.most));
  least = std::min(least, static_cast<std::uint64_t>(sums.least));
  walked += static_cast<std::uint64_t>(sums.q_tiles);
}

void AxisCounts::shift(std::uint64_t more_visited, std::uint64_t more_full) {
  for (AxisRow& row : rows) {
    row.visited += more_visited;
    row.full += more_full;
  }
  visited += q_tiles * more_visited;
  full += q_tiles * more_full;
  kernel += q_tiles * more_visited;
  if (q_tiles == 0) return;
  most += more_visited;
  least += more_visited;
}

void AxisCounts::sort() {
  const auto before = [](const AxisRow& a, const AxisRow& b) {
    return std::tie(a.visited, a.full) < std::tie(b.visited, b.full);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && rows[kept - 1].visited == rows[i].visited && rows[kept - 1].full == rows[i].full) {
      rows[kept - 1].q_tiles += rows[i].q_tiles;
    } else {
      rows[kept++] = rows[i];
    }
  }
  rows.resize(kept);
}

core::Status multiply(AxisCounts& outer, const AxisCounts& inner) {
  if (outer.keep_rows) {
    const auto combinations = core::saturating_multiply(outer.rows.size(), inner.rows.size());
    if (combinations > kMaxTilesWalked) {
      return core::fail(core::Fault::kInput,
                        fmt::format("the axes combine to more than {} different query tiles", kMaxTilesWalked),
                        "take larger query tiles or a smaller layout");
    }
    std::vector<AxisRow> rows;
    rows.reserve(static_cast<std::size_t>(combinations));
    for (const AxisRow& a : outer.rows) {
      for (const AxisRow& b : inner.rows) rows.push_back({a.q_tiles * b.q_tiles, a.visited * b.visited, a.full * b.full});
    }
    outer.rows = std::move(rows);
    outer.sort();
  }
  outer.q_tiles *= inner.q_tiles;
  outer.visited *= inner.visited;
  outer.full *= inner.full;
  outer.kernel *= inner.kernel;
  outer.most *= inner.most;
  outer.least *= inner.least;
  return core::Done{};
}

void fill_counts(const AxisCounts& tiles, bool know_full, TileCounts& counts) {
  counts.q_tiles = tiles.q_tiles;
  counts.kv_tiles = tiles.visited;
  counts.kv_tiles_max = tiles.most;
  counts.kv_tiles_min = tiles.q_tiles == 0 ? 0 : tiles.least;
  counts.rows.reserve(tiles.rows.size());
  for (const AxisRow& row : tiles.rows) counts.rows.push_back({row.q_tiles, row.full, row.visited - row.full});
  std::sort(counts.rows.begin(), counts.rows.end(), [](const TileRow& a, const TileRow& b) {
    return std::tie(a.full, a.partial) < std::tie(b.full, b.partial);
  });
  if (!know_full) return;
  counts.full_tiles = tiles.full;
  counts.partial_tiles = tiles.visited - tiles.full;
  counts.block_sparse = tiles.visited == tiles.full;
}

}  // namespace spanwise::patterns
