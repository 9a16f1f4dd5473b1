// SPDX-License-Identifier: Apache-2.0
// Where the level of a history changed: statistics without any knowledge of runs.
//
// The two-sample rank test of Wilcoxon over every split taking all runs on either side of it or the 8 nearest, the largest
// standardised difference held against the same of permuted histories, and again in both parts of a history that has a
// step: the scheme of E-divisive (Matteson and James, JASA 109, 2014), which Hunter (Fleming et al., ICPE 2023) and
// MongoDB (Daly et al., ICPE 2020) use on performance histories, with ranks for its energies. Ranks pass over single runs that
// were disturbed, and the nearest 8 find a slow week between two fast months, which a test of whole halves (Pettitt, Applied
// Statistics 28, 1979) does not.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "measure/comparison.h"

namespace spanwise::measure {

struct StepRules {
  double alpha = 0.01;            // the chance of any step in a history without one
  double smallest_effect = 0.02;  // of a ratio: a smaller step is not told
};

inline constexpr std::size_t kRunsBesideAStep = 4;  // at least, on either side

struct Step {
  std::size_t at = 0;      // the first run after it
  std::size_t before = 0, after = 0;  // runs from the step before to this one, from this one to the next
  RatioInterval interval;  // after / before: the median ratio (Hodges and Lehmann), 95 % by ranks (Moses)
  double before_ms = 0, after_ms = 0;  // medians
};

// `times_ms`: of runs in their order, above 0. Steps in the order of the runs; the same for the same times. Runs that depend on
// each other (a machine that drifts) look like steps: nothing here can tell them apart.
std::vector<Step> find_steps(std::span<const double> times_ms, const StepRules& rules);

}  // namespace spanwise::measure
