// SPDX-License-Identifier: Apache-2.0
// The front of a problem that is no plain knapsack, one search a point: the best under each given limit; every point
// by limits that step to the next attained value (epsilon-constraint with adaptive steps: Laumanns, Thiele and
// Zitzler, 2006); the corners of the convex hull by weights (Aneja and Nair, Bicriteria Transportation Problem, 1979).
#pragma once

#include "tuner/search/goals.h"

namespace spanwise::tuner {

// The points of problem.front; a limit on the mix that the front limits is set aside, all others hold. The names are
// left empty. More than 20,000 points are an error.
core::Result<Front> goal_front(const Problem& problem, const Mix& limited, const Mix& minimized, const Effort& effort);

}  // namespace spanwise::tuner
