// SPDX-License-Identifier: Apache-2.0
// Which KV tiles each query tile visits, and the masks of those it sees in part. Made once before a run, as a
// server does when it plans a step; all heads and sequences of a case share it. Masks are bitmaps, one 64-bit
// word a row, and stored once where tiles repeat (all diagonal tiles of a causal mask are the same). Consecutive full
// tiles are one entry, and query tiles whose lists differ by where they begin share one and keep the distance alone:
// windows and neighborhoods need no list that grows with the length. Of tiles that are nearly empty the keys that some
// row sees are gathered into tiles of their own.
#pragma once

#include <array>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/sampled_rows.h"
#include "patterns/case.h"

namespace spanwise::kernels {

using TileMask = std::array<std::uint64_t, kQueryTile>;

struct TileVisit {
  static constexpr std::int32_t kFull = -1;
  std::int32_t kv_tile = 0;   // the first of `tiles`; below 0: of gathered keys, ~index in TilePlan::gathered
  std::int32_t mask = kFull;  // index in TilePlan::masks
  std::int32_t tiles = 1;     // more than 1 only where full
  bool moves = false;         // kv_tile counts from TileList::shift, not from the first key

  bool is_gathered() const { return kv_tile < 0; }
  bool operator==(const TileVisit&) const = default;
};

// The visits of one query tile: a part of TilePlan::visits that other tiles may share.
struct TileList {
  std::size_t first = 0;
  std::uint32_t count = 0;
  std::int32_t shift = 0;  // in KV tiles, of visits that move
};

// Positions of keys, ascending, then kNoKey (gathered_chunks.h).
using GatheredKeys = std::array<std::int32_t, kKeyTile>;

struct TilePlan {
  // Rows of a query tile are (token, head) pairs: row = token * group + head, `group` query heads of one KV
  // head. More than 1 only where all queries of a group fit one tile; then K and V are read once for the
  // whole group.
  std::int64_t group = 1;
  std::vector<ComputedTile> tiles;       // ascending by token
  std::vector<TileList> lists;           // of each tile
  std::vector<TileVisit> visits;
  std::vector<TileMask> masks;
  std::vector<GatheredKeys> gathered;
  std::int64_t rows = 0;  // query tokens in all tiles
  // Of one head, by the pattern: a tile that is masked only behind the last key counts as full.
  std::uint64_t full_tiles = 0;
  std::uint64_t partial_tiles = 0;

  std::uint64_t bytes() const {
    return visits.size() * sizeof(TileVisit) + masks.size() * sizeof(TileMask) + gathered.size() * sizeof(GatheredKeys);
  }

  // Where they are, in the order in which they are summed: TileVisit whose kv_tile counts from the first key.
  auto visits_of(std::size_t tile) const {
    const auto& list = lists[tile];
    return std::views::transform(std::span(visits).subspan(list.first, list.count), [shift = list.shift](TileVisit visit) {
      visit.kv_tile += visit.moves ? shift : 0;
      visit.moves = false;
      return visit;
    });
  }
  // The list of the next tile, as one of its own.
  void append(std::span<const TileVisit> list);
  // KV tiles that a query tile visits, gathered ones included.
  std::size_t tiles_of(std::size_t tile) const;
};

// Query heads that share a tile for this case.
std::int64_t packed_group(const patterns::Case& shape);

std::int64_t query_tiles(const patterns::Case& shape);

// The plan of the query tiles with these indices (ascending; empty: all). Fails when it would exceed
// `max_bytes`.
core::Result<TilePlan> plan_tiles(const patterns::Case& shape, std::span<const std::int64_t> q_tiles,
                                  std::uint64_t max_bytes, core::ThreadPool& pool);

}  // namespace spanwise::kernels
