// SPDX-License-Identifier: Apache-2.0
// Objectives one after the other under any number of limits: each is brought to its optimum, which then stands as a
// limit for the next (docs/search.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuner/mix_parts.h"
#include "tuner/search/stage.h"
#include "tuner/solution.h"

namespace spanwise::tuner {

// One side of the limits on a mix: upper, or lower when negated.
struct LimitSide {
  Mix of;
  bool lower = false;
  double bound = 0;  // as given
};

// Limits on the same mix become one; by name, upper before lower.
std::vector<LimitSide> limit_sides(const Problem& problem);
DimensionRequest dimension_of(const LimitSide& side);

struct GoalResult {
  double value = 0;
  double dual_bound = 0;   // what the multipliers prove
  double lower_bound = 0;  // the best bound known
  Proof proof = Proof::kNone;
  std::vector<double> multipliers;  // one a limit side; of a bottleneck: they prove that nothing keeps the limits when
                                    // every head stays below dual_bound
  std::vector<double> earlier;      // one a goal before this one that is a sum
};

struct GoalsResult {
  Taken taken;                    // one candidate a head of the problem; empty: nothing found
  std::vector<GoalResult> goals;  // one an objective of the problem
  bool impossible = false;        // proved: nothing keeps the limits
  Proof impossible_proof = Proof::kNone;
  std::string reason;             // why, where no limit is to blame
  SearchWork work;
};

// What `taken` has of the last `mixes.size()` dimensions becomes their limit, to the last bit.
void hold_at(Space& space, const Problem& problem, const Taken& taken, const std::vector<Mix>& mixes);

// The problem must pass check_problem(). Numbers that overflow are an error.
core::Result<GoalsResult> solve_goals(const Problem& problem, const Effort& effort);

}  // namespace spanwise::tuner
