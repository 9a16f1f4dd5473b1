// SPDX-License-Identifier: Apache-2.0
// Sets of integers as intervals: ascending, disjoint, none empty, no two touching.
#pragma once

#include <vector>

#include "patterns/axis_rule.h"

namespace spanwise::patterns {

using IntervalSet = std::vector<Interval>;

// Adds an interval that begins no earlier than those before; it may overlap or touch the last.
inline void append(IntervalSet& set, Interval next) {
  if (next.empty()) return;
  if (!set.empty() && next.begin <= set.back().end) {
    if (next.end > set.back().end) set.back().end = next.end;
  } else {
    set.push_back(next);
  }
}

IntervalSet unite(const IntervalSet& a, const IntervalSet& b);
IntervalSet intersect(const IntervalSet& a, const IntervalSet& b);
IntervalSet subtract(const IntervalSet& a, const IntervalSet& b);

// The members below `end`.
void cut_at(IntervalSet& set, std::int64_t end);

std::int64_t size(const IntervalSet& set);
bool contains(const IntervalSet& set, std::int64_t member);

// Any order, with repeats; the vector is used up.
IntervalSet set_of(std::vector<std::int64_t> members);

}  // namespace spanwise::patterns
