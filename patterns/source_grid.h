// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "patterns/axis_rule.h"
#include "patterns/grid_runs.h"
#include "patterns/key_source.h"

namespace spanwise::patterns {

// A neighborhood over several axes, or over one dilated axis, in flat order. A run of queries is a few boxes of the grid;
// what a box sees together is the product of what it sees on every axis, and so is what it sees in common.
class GridSource : public KeySource {
 public:
  // Positions are places in the whole grid, or in a box of queries.
  explicit GridSource(std::vector<AxisRule> axes);
  GridSource(std::vector<AxisRule> axes, Lengths box, Lengths offset);

  void look(Interval queries, TileKeys& keys) const override;
  std::optional<Repeat> repeat() const override;
  double intervals_per_row() const override;
  double tile_steps(std::int64_t queries) const override;
  double pair_steps(Interval) const override { return 100; }

 protected:
  core::Count run_pairs(Interval queries) const override;

 private:
  std::vector<AxisRule> axes_;
  Lengths grid_, box_, offset_;
};

}  // namespace spanwise::patterns
