// SPDX-License-Identifier: Apache-2.0
// Tiles of any pattern with determined pairs, in flat order.
#pragma once

#include <memory>

#include "patterns/interval_rule.h"
#include "patterns/key_source.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {

// Queries and keys of a line: the grid in flat order, then the extra tokens, which see and are seen by all.
struct SourceLine {
  KeyLine keys;
  std::int64_t first = 0;          // position of query 0; negative: queries before the layout
  std::int64_t queries = 0;        // on the grid
  std::int64_t extra_queries = 0;  // behind them
};

class SourceTiles {
 public:
  SourceTiles(std::shared_ptr<const KeySource> source, SourceLine line, std::int64_t kv_tile)
      : source_(std::move(source)), line_(line), kv_tile_(kv_tile) {}

  // What the queries with these indices see, extra tokens included; `all` holds every KV tile that is full.
  void look(Interval queries, TileKeys& keys) const;

  std::int64_t keys() const { return line_.keys.keys(); }
  std::int64_t queries() const { return line_.queries + line_.extra_queries; }
  std::int64_t kv_tile() const { return kv_tile_; }
  const SourceLine& line() const { return line_; }
  const KeySource& source() const { return *source_; }

 private:
  void complete_all(Interval positions, TileKeys& keys) const;

  std::shared_ptr<const KeySource> source_;
  SourceLine line_;
  std::int64_t kv_tile_;
};

// Counts the query tiles of q_tile rows, a row being a (query, head) pair, head inner; dynamic: KV tiles start at the
// first key of each run of needed keys. Error: more than about ten seconds' work, or too many tiles.
core::Status count_source_tiles(const SourceTiles& tiles, std::int64_t q_tile, std::int64_t heads, bool dynamic,
                                AxisCounts& counts);

// Visible pairs of the line's grid queries with the keys of the grid. Error: more than about ten seconds' work.
core::Result<core::Count> count_source_pairs(const KeySource& source, Interval positions);

}  // namespace spanwise::patterns
