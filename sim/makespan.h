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

// The busy time of the longest of `slots` equal processors. Up to eight items a slot the schedule is simulated, above
// that it is max(total / slots + tail, longest) with the tail of the policy: half the lightest item when items go
// heaviest first, half the heaviest in launch order.
double makespan(std::vector<ItemGroup> groups, std::int64_t slots, hwmodels::Schedule schedule);

}  // namespace spanwise::sim
