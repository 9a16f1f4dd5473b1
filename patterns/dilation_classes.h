// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "patterns/axis_rule.h"

namespace spanwise::patterns {

// Dilation classes of one axis that are alike: their lengths and their queries are the same.
struct ClassRun {
  AxisWindow axis;
  Interval positions;  // of the queries, in the class; may be empty when there are fewer queries than classes
  std::uint64_t times = 1;
};

// At most four runs, whatever the dilation: a class has one token more or less than another, and one query more or less
// before and in the interval.
class ClassRuns {
 public:
  const ClassRun* begin() const { return runs_.data(); }
  const ClassRun* end() const { return runs_.data() + count_; }
  void add(const ClassRun& run) { runs_[count_++] = run; }

 private:
  std::array<ClassRun, 4> runs_;
  std::size_t count_ = 0;
};

// The queries are the coordinates of `queries`.
ClassRuns class_runs(const AxisRule& rule, Interval queries);

}  // namespace spanwise::patterns
