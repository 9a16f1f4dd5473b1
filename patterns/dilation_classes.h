// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/axis_rule.h"

namespace spanwise::patterns {

// Dilation classes of one axis that are alike: their lengths and their queries are the same.
struct ClassRun {
  AxisWindow axis;
  Interval positions;  // of the queries, in the class; may be empty when there are fewer queries than classes
  std::uint64_t times = 1;
};

// The queries are the coordinates of `queries`. At most four runs, whatever the dilation: a class has one
// token more or less than another, and one query more or less before and in the interval.
std::vector<ClassRun> class_runs(const AxisRule& rule, Interval queries);

}  // namespace spanwise::patterns
