// SPDX-License-Identifier: Apache-2.0
// How long a list of work items keeps the processors busy.
#pragma once

#include <cstdint>
#include <vector>

#include "hwmodels/kernel_model.h"

namespace spanwise::sim {

struct ItemGroup {
  double items = 0;  // equal items, at least 0
  double cost = 0;   // of each, in any unit of time
};

// The busy time of the last of `slots` equal processors, each of which takes the next item when it is free. `groups` are
// the items of one head, which is repeated `heads` times. kWaves launches head by head, the lightest items of a head
// first; kLongestFirst takes the heaviest of all heads first. Schedules are simulated up to a bounded number of steps:
// what lies before the last few rounds of uneven items is spread evenly.
double makespan(std::vector<ItemGroup> groups, double heads, std::int64_t slots, hwmodels::Schedule schedule);

}  // namespace spanwise::sim
