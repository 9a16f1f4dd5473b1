// SPDX-License-Identifier: Apache-2.0
// Query tiles of a source in order, each looked at once unless its row repeats.
#pragma once

#include <cstdint>

#include "core/result.h"
#include "patterns/key_source.h"
#include "patterns/periods.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {

// Query tiles in groups: a group is a tile of a line, or all boxes of one slab of a grid.
struct TileGroups {
  std::int64_t groups = 0;       // with the last one, which may be cut or hold extra queries
  std::int64_t tiles = 1;        // of a group
  std::int64_t rows = 1;         // of a group: (query, head) pairs
  std::int64_t first = 0;        // position of query 0
  std::int64_t queries = 0;      // on the grid
  std::int64_t heads = 1;
  std::int64_t keys = 0;         // of the grid
  std::int64_t kv_step = 1;      // keys that KV tiles repeat after
};

// The tiles that are to be looked at: of the groups that repeat, two periods alone.
Periods tile_periods(const KeySource& source, const TileGroups& line);

// Error: more than about ten seconds' work or more tiles than are looked at, at so many steps for a tile.
core::Status check_walk(const KeySource& source, const TileGroups& line, const Periods& walk, double steps_a_tile, bool keep_rows);

// look(tile) gives the TilesSeen of a query tile.
template <class Look>
void walk_tiles(const TileGroups& line, const Periods& walk, AxisCounts& counts, Look look) {
  const core::Count before = counts.visited;
  const auto add = [&](std::int64_t tile) {
    const TilesSeen seen = look(tile);
    counts.add(1, static_cast<std::uint64_t>(seen.visited), static_cast<std::uint64_t>(seen.full));
  };
  for (std::int64_t tile = 0; tile < walk.begin; ++tile) add(tile);
  for (std::int64_t tile = walk.begin; walk.times > 0 && tile < walk.begin + walk.period; ++tile) {
    const TilesSeen first = look(tile);
    counts.add_series(static_cast<std::uint64_t>(walk.times), first, look(tile + walk.period));
  }
  for (std::int64_t tile = walk.end; tile < line.groups * line.tiles; ++tile) add(tile);
  counts.kernel += counts.visited - before;
}

// Error: what one query sees may not fit the memory.
core::Status check_row_fits(double intervals);

// Error: more than about ten seconds' work.
core::Status check_steps(double steps);

}  // namespace spanwise::patterns
