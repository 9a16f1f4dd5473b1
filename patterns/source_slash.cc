// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_slash.h"

#include <algorithm>

namespace spanwise::patterns {

SlashSource::SlashSource(const VerticalSlash& pattern, std::int64_t tokens)
    : tokens_(tokens), causal_(pattern.causal), columns_(set_of(pattern.columns.at)), diagonals_(set_of(pattern.diagonals.at)) {}

// A run of diagonals shows the queries [a, b] together the keys from a minus its largest distance to b minus its
// smallest, and in common those from b minus the largest to a minus the smallest. A key in no column is common to all
// only if one run holds its distances to all of them, for those are neighbours; without causality the distances on
// both sides of a key between the queries are neighbours as well, around 0.
void SlashSource::look(Interval queries, TileKeys& keys) const {
  const std::int64_t a = queries.begin, b = queries.end - 1;
  IntervalSet any, all;
  const auto clip = [this](std::int64_t begin, std::int64_t end) {
    return Interval{std::max<std::int64_t>(begin, 0), std::min(end, tokens_)};
  };
  for (auto run = diagonals_.rbegin(); run != diagonals_.rend(); ++run) {
    const std::int64_t near = run->begin, far = run->end - 1;
    if (!causal_ && near == 0) continue;  // reaches to both sides
    append(any, clip(a - far, b - near + 1));
    append(all, clip(b - far, a - near + 1));
  }
  if (!causal_ && !diagonals_.empty()) {
    if (diagonals_.front().begin == 0) {
      const std::int64_t far = diagonals_.front().end - 1;
      append(any, clip(a - far, b + far + 1));
      append(all, clip(b - far, a + far + 1));
    }
    for (const Interval run : diagonals_) {
      if (run.begin == 0) continue;
      append(any, clip(a + run.begin, b + run.end));
      append(all, clip(b + run.begin, a + run.end));
    }
  }
  keys.any = unite(columns_, any);
  if (causal_) cut_at(keys.any, b + 1);
  keys.all = columns_;
  if (causal_) cut_at(keys.all, a + 1);
  keys.all = unite(keys.all, all);
}

}  // namespace spanwise::patterns
