// SPDX-License-Identifier: Apache-2.0
// Is an assignment legal? Apart from whether it is any good.
#pragma once

#include <string>
#include <vector>

#include "tuner/checker_groups.h"
#include "tuner/solution.h"

namespace spanwise::tuner {

// Thrown by the checker's steps and caught in check().
struct Rejection {
  std::string reason;
};
[[noreturn]] void reject(std::string reason);

// Every head of the problem has exactly one rule that it may take, no other head has one, and max_rules is
// kept.
TakenMap read_assignment(const Problem& problem, const std::vector<Choice>& assignment);

}  // namespace spanwise::tuner
