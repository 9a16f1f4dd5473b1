// SPDX-License-Identifier: Apache-2.0
// From a problem to a proved solution.
#pragma once

#include <string>

#include "tuner/search/effort.h"
#include "tuner/solution.h"

namespace spanwise::tuner {

// The best assignment by the objectives in their order, then by the amounts of upper limits' mixes in the order of their
// names, then by rule names in (layer, head) order, and its proof; the front, when the problem asks for one.
// `tables_sha256` is the SHA-256 of the exact bytes of problem.json. An infeasible problem is a solution of that status;
// errors are broken or unsupported problems, numbers that overflow, a front that is too long to list, and a search that
// came to an end with neither a plan nor the proof that there is none.
core::Result<Solution> solve(const Problem& problem, std::string tables_sha256, const Effort& effort = {});

}  // namespace spanwise::tuner
