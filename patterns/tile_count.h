// SPDX-License-Identifier: Apache-2.0
// Exact tile counts: how many KV tiles a kernel must visit for each query tile of a pattern.
//
// Three tilings (docs/formats.md, "count"; definitions after NATTEN's three kernel designs):
//   static   tokens are permuted into boxes; query boxes of shape q_tile and KV boxes of shape kv_tile, both anchored
//            at 0 inside each dilation group; a KV box is visited when it holds one visible pair.
//   dynamic  the same query boxes; the KV region that a box needs is tiled from its own first key (sinks apart from a
//            window that they do not touch: each run of needed keys from its own first key).
//   flat     tiles of volume(q_tile) and volume(kv_tile) consecutive tokens of the row-major order.
// Tokens that a pattern gathers or permutes (token_subset, permuted) are cut into tiles in the order of its inner pattern.
// Extra tokens (text beside an image) follow the grid: in static and dynamic tiling in tiles of their own, in flat
// tiling in the same row-major order, so that one tile may hold grid and extra tokens.
// Over several axes dilation groups belong to neighborhoods alone; other kinds, unions with dilated parts included, are cut
// into boxes of neighbours. In dynamic tiling all boxes over the coordinates that a query box needs on each axis are visited.
// Token subsets (their tokens are a line) and distributions (of units in flat order) make no boxes of several axes.
// Queries that lie before the layout (more queries than keys) see no key of it but count as rows of their tiles.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/int128.h"
#include "core/result.h"
#include "patterns/case.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

struct CountRequest {
  Lengths tokens;    // the grid of keys, slowest axis first; queries the same unless q_tokens is given
  Pattern pattern;
  Lengths q_tile;
  Lengths kv_tile;
  Tiling tiling = Tiling::kFlat;
  Lengths q_tokens = {};          // empty: as tokens. The box of queries, for chunked prefill and decode
  Lengths q_offset = {};          // position of the first query; empty: q_tokens ends where tokens ends
  std::int64_t extra_kv_tokens = 0;  // visible to every query
  std::int64_t extra_q_tokens = 0;   // see every key
  std::int64_t group_heads = 1;  // flat only: rows of a query tile are (token, head) pairs of this many query heads
  bool histogram = true;         // whether TileCounts::rows is wanted: boxes are counted in half the time without
};

// Query tiles that visit the same numbers of full and partial KV tiles.
struct TileRow {
  std::uint64_t q_tiles = 0;
  std::uint64_t full = 0;
  std::uint64_t partial = 0;
  bool operator==(const TileRow&) const = default;
};

struct TileCounts {
  core::Count pairs = 0;             // visible (query, key) pairs, of one head
  core::Count dense_pairs = 0;       // queries * keys
  core::Count dense_kv_tiles = 0;    // product of per-axis ceilings of the undilated layout (flat: one ceiling)
  core::Count dense_q_tiles = 0;     // query tiles of the whole layout; fewer are left of a token_subset
  core::Count q_tiles = 0;           // tiles that hold a real query
  core::Count q_tiles_launched = 0;  // with tiles of shorter dilation groups that hold padding alone
  core::Count kv_tiles = 0;          // visited, summed over q_tiles
  core::Count kv_tiles_max = 0;
  core::Count kv_tiles_min = 0;
  // What NATTEN's kernels visit, summed over q_tiles: in static tiling they take the last query at the tile's nominal
  // end, even in padding. The same as kv_tiles for other tilings and patterns.
  core::Count kernel_kv_tiles = 0;
  // A tile is full when every real query sees every real key. Null for dynamic tiling.
  std::optional<core::Count> full_tiles, partial_tiles;
  std::optional<bool> block_sparse;         // no partial tile; null for dynamic tiling
  std::optional<bool> natten_block_sparse;  // NATTEN's own test, which is neither necessary nor always right;
                                            // null for flat tiling, other patterns and q_tokens != tokens
  // Of content-dependent patterns: whose word the counts are. Counts from a distribution are expected values, rounded
  // so that the totals hold; kv_tiles_max is then the most that the heaviest query tile can visit.
  std::optional<Stated> stated;
  std::optional<double> empty_chance;   // of a distribution: that a KV tile with visible keys is empty, on average
  std::optional<core::Count> kv_tiles_worst;  // of a distribution: the most tiles that all query tiles can visit
  std::vector<TileRow> rows;  // histogram, ascending by (full, partial); for dynamic tiling all visited count as partial;
                              // empty where the request wants none

  double flop_speedup() const { return core::to_double(dense_pairs) / core::to_double(pairs); }
  double tile_speedup() const {
    return core::to_double(dense_kv_tiles) * core::to_double(dense_q_tiles) / core::to_double(kv_tiles);
  }
  double tile_speedup_worst() const { return core::to_double(dense_kv_tiles) / core::to_double(kv_tiles_max); }
};

// Errors: a pattern that does not fit the layout, wrong number of axes, group_heads with boxes, lengths beyond 2^40,
// more than 2^20 different query tiles (such as dense causal attention over more than 2^27 tokens), or a count that
// would take longer than about ten seconds. Cost: microseconds where windows tell everything (neighborhoods and dense attention
// in static and dynamic tiling, windows over one axis), whatever the lengths, unless most tiles differ; otherwise microseconds
// for each query tile, of rows that repeat (strided, unions of them and windows) for those of two periods alone.
core::Result<TileCounts> count_tiles(const CountRequest& request);

}  // namespace spanwise::patterns
