// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "patterns/key_source.h"

namespace spanwise::patterns {

// A neighborhood over several axes, or over one dilated axis, in flat order: ragged rows, looked at query by query.
class GridSource : public KeySource {
 public:
  explicit GridSource(std::vector<AxisRule> axes) : axes_(std::move(axes)) {}
  void look(Interval queries, TileKeys& keys) const override;
  double intervals_per_row() const override;
  double tile_steps(std::int64_t queries) const override { return static_cast<double>(queries) * 3 * intervals_per_row(); }

 private:
  IntervalSet keys_of(std::int64_t position) const;
  void add_rows(const std::vector<AxisKeys>& keys, std::size_t axis, std::int64_t base, IntervalSet& set) const;
  std::vector<AxisRule> axes_;
};

}  // namespace spanwise::patterns
