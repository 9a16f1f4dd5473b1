// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_tiles.h"

#include <fmt/core.h>

#include <algorithm>

#include "patterns/comb_tiles.h"
#include "patterns/span_tiles.h"

namespace spanwise::patterns {
namespace {

// About a minute: an interval takes 5 to 10 ns on a server core of 2021.
constexpr double kMaxSteps = 6e9;

core::Status check_steps(double steps) {
  if (steps <= kMaxSteps) return core::Done{};
  return core::fail(core::Fault::kInput, fmt::format("this count needs about {:.0e} steps, more than a minute's work", steps),
                    "take larger query tiles or a shorter sequence");
}

}  // namespace

void SourceTiles::look(Interval queries, TileKeys& keys) const {
  const Interval grid{queries.begin, std::min(queries.end, line_.queries)};
  const Interval extra{line_.keys.grid_keys, line_.keys.keys()};
  if (grid.empty()) {
    keys.any.assign(1, {0, extra.end});
    keys.all = keys.any;
    return;
  }
  const Interval positions{line_.first + grid.begin, line_.first + grid.end};
  source_->look(positions, keys);
  if (!source_->exact_all()) complete_all(positions, keys);
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
  const std::int64_t rows = tiles.queries() * heads, q_tiles = core::ceil_div(rows, q_tile);
  if (q_tiles > static_cast<std::int64_t>(kMaxTilesWalked)) {
    return core::fail(core::Fault::kInput, fmt::format("more than {} query tiles along {} queries", kMaxTilesWalked, tiles.queries()),
                      "take larger query tiles or a shorter sequence");
  }
  const std::int64_t per_tile_queries = core::ceil_div(q_tile, heads);
  const auto comb = CombTiles::of(tiles.source(), tiles.line().keys.keys(), tiles.kv_tile());
  const bool far = comb && tiles.line().keys.extra_keys == 0;
  const auto steps = far ? comb->steps(per_tile_queries) : tiles.source().tile_steps(per_tile_queries);
  if (auto fine = check_steps(steps * static_cast<double>(q_tiles)); !fine) return fine;
  TileKeys keys;
  for (std::int64_t tile = 0; tile < q_tiles; ++tile) {
    const std::int64_t begin = tile * q_tile, end = std::min(begin + q_tile, rows);
    const Interval queries{begin / heads, (end - 1) / heads + 1};
    TilesSeen seen;
    if (far && queries.end <= tiles.line().queries) {
      const std::int64_t first = tiles.line().first;
      const Interval positions{first + queries.begin, first + queries.end};
      seen = dynamic ? TilesSeen{comb->from_first_keys(positions, keys), 0} : comb->anchored(positions, keys);
    } else {
      tiles.look(queries, keys);
      if (dynamic) {
        for (const Interval span : keys.any) seen.visited += core::ceil_div(span.size(), tiles.kv_tile());
      } else {
        seen = {tiles_touched(keys.any, tiles.kv_tile()), tiles_within(keys.all, tiles.kv_tile(), tiles.keys())};
      }
    }
    counts.add(1, static_cast<std::uint64_t>(seen.visited), static_cast<std::uint64_t>(seen.full));
    counts.kernel += static_cast<core::Count>(seen.visited);
  }
  return core::Done{};
}

core::Result<core::Count> count_source_pairs(const KeySource& source, Interval positions) {
  if (auto fine = check_steps(source.pair_steps(positions)); !fine) return fine.error();
  return source.pairs(positions);
}

}  // namespace spanwise::patterns
