// SPDX-License-Identifier: Apache-2.0
// Patterns in which a query sees a window of consecutive keys and perhaps the first few ("sinks"): dense
// attention and sliding windows over any layout in flat order, and undilated neighborhoods over one axis.
// Everything about a tile of queries then follows from its first and its last query.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "patterns/axis_rule.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

// Up to three disjoint intervals, ascending, none empty, no two touching.
class Spans {
 public:
  // `next` begins no earlier than what was added before.
  void add(Interval next) {
    if (next.empty()) return;
    if (count_ > 0 && next.begin <= items_[count_ - 1].end) {
      if (next.end > items_[count_ - 1].end) items_[count_ - 1].end = next.end;
    } else {
      items_[count_++] = next;
    }
  }
  const Interval* begin() const { return items_.data(); }
  const Interval* end() const { return items_.data() + count_; }
  bool contains(std::int64_t key) const;
  std::int64_t size() const;

 private:
  std::array<Interval, 3> items_;
  std::size_t count_ = 0;
};

// What the queries of one tile see.
struct TileSpans {
  Spans any;  // at least one query sees the key
  Spans all;  // every query does
};

struct IntervalRule {
  AxisWindow axis;
  std::int64_t sinks = 0;
  bool everywhere = false;  // dense and not causal: queries outside the layout see all of it, too

  // What determines the keys of a query; no entry falls from one query to the next.
  struct Bounds {
    std::int64_t sink_end = 0;
    Interval window;
    bool operator==(const Bounds&) const = default;
  };
  Bounds bounds(std::int64_t position) const;

  // Keys of the grid that queries at positions [first, last] see.
  TileSpans spans(std::int64_t first, std::int64_t last) const;
};

// The keys of a layout: the grid in flat order, then the extra ones.
struct KeyLine {
  std::int64_t grid_keys = 0;
  std::int64_t extra_keys = 0;

  std::int64_t keys() const { return grid_keys + extra_keys; }
};

// Queries [tile.begin, tile.end), at least one; query 0 is at position `first`, and those from `grid_queries`
// on are extra ones that see every key.
TileSpans spans_of_tile(const IntervalRule& rule, const KeyLine& keys, std::int64_t first,
                        std::int64_t grid_queries, Interval tile);

// Nothing when the pattern's keys are not consecutive in flat order.
std::optional<IntervalRule> interval_rule(const Pattern& pattern, const Lengths& tokens);

}  // namespace spanwise::patterns
