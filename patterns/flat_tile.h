// SPDX-License-Identifier: Apache-2.0
// One flat query tile of a neighborhood over several axes, or over one dilated axis: its keys are ragged
// runs, so the visible pairs are counted per KV tile. No N x N mask: the queries of a tile that lie in one
// row of the grid share their rows of keys, and one row's worth of prefix sums serves them all.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/axis_rule.h"
#include "patterns/query_layout.h"

namespace spanwise::patterns {

class FlatTileCounter {
 public:
  // Keys are the grid in flat order and then `extra_keys`. A KV tile holds `kv_tile` keys.
  FlatTileCounter(std::vector<AxisRule> axes, QueryLayout queries, std::int64_t extra_keys,
                  std::int64_t kv_tile);

  // Counts the pairs of queries [begin, end), at least one, in place of those counted before.
  void count(std::int64_t begin, std::int64_t end);

  // Calls visit(kv_tile, full) for the KV tiles that hold a visible pair, ascending.
  template <class Visit>
  void each_tile(Visit visit) const {
    for (std::int64_t tile = touched_.begin; tile < touched_.end; ++tile) {
      const std::int64_t pairs = pairs_[static_cast<std::size_t>(tile)];
      if (pairs > 0) visit(tile, pairs == counted_queries_ * keys_in(tile));
    }
  }

 private:
  std::int64_t keys_in(std::int64_t tile) const;
  void add_keys(Interval keys, std::int64_t queries);
  void add_row_piece(std::int64_t begin, std::int64_t end);
  Interval cover_last_axis(std::int64_t first, std::int64_t count);
  void add_rows(std::size_t axis, std::int64_t key_base, Interval covered);
  void add_key_row(std::int64_t key_base, Interval covered);

  std::vector<AxisRule> axes_;
  QueryLayout queries_;
  std::int64_t kv_tile_;
  std::int64_t grid_keys_ = 1;
  std::int64_t keys_ = 1;
  std::int64_t counted_queries_ = 0;
  Interval touched_;                 // KV tiles that may hold pairs
  std::vector<std::int64_t> pairs_;  // by KV tile
  std::vector<std::int64_t>
      cover_;  // differences, then how many queries of the row piece see a last-axis key
  std::vector<std::int64_t> prefix_;
  std::vector<AxisKeys> outer_;  // of the row piece, one an axis but the last
};

}  // namespace spanwise::patterns
