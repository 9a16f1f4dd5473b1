// SPDX-License-Identifier: Apache-2.0
// One objective under any number of limits: the dual bound, a choice by repair, then all choices within a growing
// distance of the bound until one is found or nothing better is left.
#pragma once

#include <optional>

#include "tuner/search/dual.h"
#include "tuner/search/repair.h"

namespace spanwise::tuner {

struct StageResult {
  std::optional<FullChoice> choice;  // the best found
  bool exhausted = false;   // nothing is better, by amount 0, then the upper limits' amounts, then names; without a
                            // choice: nothing keeps the limits
  DualPoint dual;           // of the objective
  std::optional<DualPoint> impossible;  // a dual of weight 0 above 0: no choice keeps the limits
  double searched_to = 0;   // no choice has a smaller amount 0: dual.bound or better
  std::uint64_t survivors = 0, labels = 0, peak = 0;
};

// Every head needs a candidate.
StageResult solve_stage(const Space& space, const Effort& effort);

// Any choice that keeps the limits, or the proof that there is none.
StageResult find_any(const Space& space, const Effort& effort);

}  // namespace spanwise::tuner
