// SPDX-License-Identifier: Apache-2.0
// What a distribution says about one query tile.
#pragma once

#include <cstdint>

#include "patterns/axis_rule.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

struct ChanceTile {
  Interval queries;         // positions
  std::int64_t tokens = 0;  // of the layout
  std::int64_t kv_tile = 1;
  std::int64_t heads = 1;   // query heads whose rows share the tile
};

struct Chance {
  double visited = 0;  // expected visits of a KV tile with visible keys that nothing else makes certain
  double most = 0;     // tiles that the selections of this query tile can reach at most, at three spreads
  double density = 0;  // of the visible pairs
  bool whole = false;  // a visited tile is seen whole by every row
};

// Of a routed, block_mask, pyramid or vertical_slash pattern with a distribution. Units are taken at random, without
// order, apart from the forced ones (systems differ; this is what is assumed).
Chance chance_of(const Pattern& pattern, const ChanceTile& tile);

// About how many steps of a few ns that takes.
double chance_steps(const Pattern& pattern, const ChanceTile& tile);

// That `kept` of `units` units, taken at random, miss `touched` given ones (touched may be fractional: the average of
// its neighbours); the product of 1 - kept / (units - i) for i below touched.
double miss_chance(double units, double kept, double touched);

}  // namespace spanwise::patterns
