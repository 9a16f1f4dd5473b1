// SPDX-License-Identifier: Apache-2.0
// KV tiles of keys that repeat at regular steps, counted by a table over one period instead of one by one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "patterns/key_source.h"
#include "patterns/span_tiles.h"

namespace spanwise::patterns {

// A tile count of a source with a comb: explicit near the queries, arithmetic beyond.
class CombTiles {
 public:
  // Keys [0, keys) in tiles of kv_tile. Nothing when the source has no comb or its period is too long for a table.
  static std::optional<CombTiles> of(const KeySource& source, std::int64_t keys, std::int64_t kv_tile);

  // Static tiles, anchored at 0, and KV tiles that begin at the first key of each run.
  TilesSeen anchored(Interval queries, TileKeys& scratch) const;
  std::int64_t from_first_keys(Interval queries, TileKeys& scratch) const;

  // About how many steps a tile of so many queries takes.
  double steps(std::int64_t queries) const;

 private:
  CombTiles(const KeySource& source, Comb comb, std::int64_t keys, std::int64_t kv_tile);
  TilesSeen before(std::int64_t tile) const;  // of the comb alone

  const KeySource& source_;
  Comb comb_;
  std::int64_t keys_, kv_tile_;
  std::vector<TilesSeen> table_;  // of the tiles before the one at the index, within a period
};

}  // namespace spanwise::patterns
