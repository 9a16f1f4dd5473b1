// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "patterns/key_source.h"

namespace spanwise::patterns {

// Columns and diagonals. Runs of neighbouring ones are kept as intervals.
class SlashSource : public KeySource {
 public:
  SlashSource(const VerticalSlash& pattern, std::int64_t tokens);
  void look(Interval queries, TileKeys& keys) const override;
  double intervals_per_row() const override { return static_cast<double>(columns_.size() + 2 * diagonals_.size()); }

 private:
  std::int64_t tokens_;
  bool causal_;
  IntervalSet columns_;
  IntervalSet diagonals_;  // distances
};

}  // namespace spanwise::patterns
