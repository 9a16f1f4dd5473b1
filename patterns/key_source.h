// SPDX-License-Identifier: Apache-2.0
// Any pattern whose pairs are determined, over the flat order of a layout, as intervals of keys: what a run of queries
// sees together and in common. Counting, tile lists and masks of all kinds without a shorter way rest on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/int128.h"
#include "core/result.h"
#include "patterns/interval_set.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

struct TileKeys {
  IntervalSet any;  // at least one of the queries sees the key
  IntervalSet all;  // every one does; where exact_all() is false it may lack keys, but never of a single query
};

// Rows that repeat. Apart from keys near a query, which move with it, all queries at positions of `inner` see the same
// keys: those repeat after `period` keys as well. So from one query to the one `period` behind it the tiles of a row
// change by the same number all along, once tiles and periods fit.
struct Repeat {
  std::int64_t period = 1;
  Interval inner;  // reaches beyond the layout where only its keys end, because no query sees a key after itself
};

// The end of positions that no layout reaches.
inline constexpr std::int64_t kFarEnd = std::int64_t{1} << 50;

class KeySource {
 public:
  virtual ~KeySource() = default;

  // Of the queries at positions [queries.begin, queries.end), at least one, inside the layout. Replaces `keys`.
  virtual void look(Interval queries, TileKeys& keys) const = 0;

  virtual bool exact_all() const { return true; }

  virtual std::optional<Repeat> repeat() const { return std::nullopt; }

  // look() at the keys of `within` alone.
  virtual void look_within(Interval queries, Interval within, TileKeys& keys) const;

  // Visible pairs of the queries at these positions; those of repeated rows follow from two periods.
  core::Count pairs(Interval queries) const;

  // About how many intervals one row has, to refuse hopeless work beforehand.
  virtual double intervals_per_row() const = 0;
  // About how many steps look() takes for so many queries.
  virtual double tile_steps(std::int64_t) const { return intervals_per_row(); }
  // About how many steps run_pairs() takes.
  virtual double pair_steps(Interval queries) const {
    return static_cast<double>(queries.size()) * intervals_per_row();
  }

  // About how many steps pairs() takes.
  double total_pair_steps(Interval queries) const;

  // The keys of one query.
  IntervalSet row(std::int64_t position) const;

  // Those of `wanted` that every query sees, also where look() falls short.
  IntervalSet seen_by_all(Interval queries, IntervalSet wanted) const;

 protected:
  // The pairs of so few queries that repeats do not matter; by default row by row.
  virtual core::Count run_pairs(Interval queries) const;
};

// The pattern has passed check_fits() and check_determined(). Errors: permutations of more tokens than fit the memory.
core::Result<std::shared_ptr<const KeySource>> key_source(const Pattern& pattern, const Lengths& tokens);

// The same in the order in which tiles are cut: that of the places for a permuted pattern.
core::Result<std::shared_ptr<const KeySource>> tiled_key_source(const Pattern& pattern, const Lengths& tokens);

}  // namespace spanwise::patterns
