// SPDX-License-Identifier: Apache-2.0
#include "patterns/dilation_classes.h"

#include <algorithm>
#include <array>

namespace spanwise::patterns {

ClassRuns class_runs(const AxisRule& rule, Interval queries) {
  ClassRuns runs;
  if (rule.dilation == 1) {
    runs.add({rule.class_of(0), queries, 1});
    return runs;
  }
  const std::int64_t dilation = rule.dilation;
  std::array<std::int64_t, 4> ends = {rule.length % dilation, queries.begin % dilation,
                                      queries.end % dilation, dilation};
  std::sort(ends.begin(), ends.end());
  // Coordinates of class `residue` before `coordinate`.
  const auto members_before = [dilation](std::int64_t coordinate, std::int64_t residue) {
    return coordinate / dilation + (residue < coordinate % dilation ? 1 : 0);
  };
  std::int64_t residue = 0;
  for (const std::int64_t end : ends) {
    if (end <= residue) continue;
    runs.add({rule.class_of(residue),
              {members_before(queries.begin, residue), members_before(queries.end, residue)},
              static_cast<std::uint64_t>(end - residue)});
    residue = end;
  }
  return runs;
}

}  // namespace spanwise::patterns
