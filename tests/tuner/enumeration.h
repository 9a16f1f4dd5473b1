// SPDX-License-Identifier: Apache-2.0
// Every assignment of a small problem, one after the other: the oracle of the search tests. Sums are integers
// in units of 2^-72, so they are exact; nothing of tuner/ but the problem itself is used.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tuner/problem.h"

namespace spanwise::tests {

__extension__ typedef __int128 Exact;

double to_number(Exact amount);  // rounded once

struct Assignment {
  Exact cost = 0, value = 0;
  std::vector<std::string> rules;  // in (layer, head) order
};

// All legal assignments, with their amounts of the two mixes; an empty `limited` costs nothing.
std::vector<Assignment> all_assignments(const tuner::Problem& problem, const tuner::Mix& limited,
                                        const tuner::Mix& minimized);

// The best one whose rounded cost is at most `limit`: by value, then cost, then names. nullptr when there is
// none.
const Assignment* best_within(const std::vector<Assignment>& assignments, double limit);

// The best plan of a problem with any parts, as problem.h and solve.h define it; nothing when none keeps the limits.
struct BestPlan {
  std::vector<std::string> rules;  // in (layer, head) order
  std::vector<double> goals;       // rounded once
};
std::optional<BestPlan> best_plan(const tuner::Problem& problem);

// The least amount of a mix that any plan within `within` has, or the largest; rounded.
std::optional<double> extreme_amount(const tuner::Problem& problem, const tuner::Mix& of, bool most,
                                     const std::vector<tuner::Limit>& within);

// The points (limited, minimized) of all plans within the limits that no other beats, by rising `limited`.
std::vector<std::pair<double, double>> plan_front(const tuner::Problem& problem, const tuner::Mix& limited,
                                                  const tuner::Mix& minimized,
                                                  const std::vector<tuner::Limit>& within);

}  // namespace spanwise::tests
