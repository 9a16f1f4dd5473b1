// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_tiles.h"

#include <algorithm>

#include "patterns/span_tiles.h"
#include "patterns/tile_walk.h"

namespace spanwise::patterns {
void SourceTiles::look(Interval queries, TileKeys& keys) const {
  const Interval grid{queries.begin, std::min(queries.end, line_.queries)};
  const Interval extra{line_.keys.grid_keys, line_.keys.keys()};
  if (grid.empty()) {
    keys.any.assign(1, {0, extra.end});
    keys.all = keys.any;
    return;
  }
  const Interval positions{line_.first + grid.begin, line_.first + grid.end};
  if (positions.begin >= 0) {
    source_->look(positions, keys);
    if (!source_->exact_all()) complete_all(positions, keys);
  } else {  // queries before the layout see nothing
    keys.any.clear();
    if (positions.end > 0) source_->look({0, positions.end}, keys);
    keys.all.clear();
  }
  append(keys.any, extra);
  append(keys.all, extra);
  if (grid.end < queries.end) keys.any.assign(1, {0, extra.end});
}

// Whole tiles that all queries see without seeing them in one way. The tile at the end of the grid may hold extra keys.
void SourceTiles::complete_all(Interval positions, TileKeys& keys) const {
  IntervalSet wanted;
  for (const Interval span : keys.any) {
    Interval tiles = tiles_inside(span, kv_tile_, line_.keys.grid_keys);
    append(wanted, {tiles.begin * kv_tile_, std::min(tiles.end * kv_tile_, line_.keys.grid_keys)});
  }
  wanted = subtract(wanted, keys.all);
  if (!wanted.empty()) keys.all = unite(keys.all, source_->seen_by_all(positions, std::move(wanted)));
}

core::Status count_source_tiles(const SourceTiles& tiles, std::int64_t q_tile, std::int64_t heads, bool dynamic,
                                AxisCounts& counts) {
  const std::int64_t rows = tiles.queries() * heads;
  const TileGroups line{core::ceil_div(rows, q_tile), 1, q_tile, tiles.line().first, tiles.line().queries, heads,
                        tiles.line().keys.grid_keys, tiles.kv_tile()};
  const Periods walk = tile_periods(tiles.source(), line);
  const double steps = tiles.source().tile_steps(std::min(core::ceil_div(q_tile, heads) + 1, tiles.queries()));
  if (auto fine = check_walk(tiles.source(), line, walk, steps, counts.keep_rows); !fine) return fine;
  TileKeys keys;
  walk_tiles(line, walk, counts, [&](std::int64_t tile) {
    const std::int64_t begin = tile * q_tile, end = std::min(begin + q_tile, rows);
    tiles.look({begin / heads, (end - 1) / heads + 1}, keys);
    if (!dynamic) return TilesSeen{tiles_touched(keys.any, tiles.kv_tile()), tiles_within(keys.all, tiles.kv_tile(), tiles.keys())};
    TilesSeen seen;
    for (const Interval span : keys.any) seen.visited += core::ceil_div(span.size(), tiles.kv_tile());
    return seen;
  });
  return core::Done{};
}

core::Result<core::Count> count_source_pairs(const KeySource& source, Interval positions) {
  if (auto fine = check_steps(source.total_pair_steps(positions)); !fine) return fine.error();
  return source.pairs(positions);
}

}  // namespace spanwise::patterns
