// SPDX-License-Identifier: Apache-2.0
// The Lagrangian dual of a space: with a multiplier for every limit,
//   sum over blocks of the least (weight * amount 0 + multipliers . amounts) - multipliers . bounds
// is a lower bound on weight * amount 0 of every choice that keeps the limits. The best multipliers by cutting planes
// (Kelley, The Cutting-Plane Method for Solving Convex Programs, 1960), each next point taken between the best so far
// and the master's (Ben-Ameur and Neto, Acceleration of Cutting-Plane and Column Generation Algorithms, 2007).
#pragma once

#include <optional>
#include <vector>

#include "tuner/search/effort.h"
#include "tuner/search/space.h"

namespace spanwise::tuner {

struct DualPoint {
  std::vector<double> multipliers;  // one for each dimension after the first
  double bound = 0;
  std::vector<double> least;  // of each block
  Picks picks;                // one candidate a head
  double size = 0;            // magnitude of the terms, for what rounding can do
  std::optional<std::size_t> impossible_block;  // no set of rules that it may take serves all its heads
};

// The dual at one point. Blocks in parallel; sums in block order.
DualPoint dual_at(const Space& space, double weight, const std::vector<double>& multipliers, const Effort& effort);

struct DualResult {
  DualPoint best;
  std::vector<Picks> seen;  // the different choices met on the way
};

// `weight` 1 for the largest bound. With 0 the multipliers are kept small; a bound above 0 then proves that no choice
// keeps the limits.
DualResult best_dual(const Space& space, double weight, const Effort& effort);

}  // namespace spanwise::tuner
