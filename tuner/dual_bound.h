// SPDX-License-Identifier: Apache-2.0
// The Lagrangian relaxation of a multiple-choice knapsack.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/choice_table.h"

namespace spanwise::tuner {

inline double relaxed_value(const Item& item, double multiplier) {
  return item.value_number + multiplier * item.cost_number;
}

struct Relaxation {
  // sum over classes of min over items of (value + multiplier * cost), minus multiplier * limit: no
  // assignment within the limit has a smaller value. Each term in double, the sum exact and rounded once.
  double bound;
  std::vector<std::uint32_t> items;  // the first item of least value + multiplier * cost, one a class
};

// A multiplier of 0 ignores the limit, which may then be infinite.
Relaxation relaxation_at(const ChoiceTable& table, double multiplier, double limit);

// An upper bound on what |costs| and |limit| add up to.
double largest_cost_sum(const ChoiceTable& table, double limit);

}  // namespace spanwise::tuner
