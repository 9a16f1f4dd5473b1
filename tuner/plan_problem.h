// SPDX-License-Identifier: Apache-2.0
// From prices and losses to the search problem that problem.json holds.
#pragma once

#include <vector>

#include "core/result.h"
#include "tuner/problem.h"
#include "tuner/profile.h"
#include "tuner/rule_prices.h"
#include "tuner/target.h"

namespace spanwise::tuner {

// How many KV heads of a layer share one launch of a rule under a workload, on average over the layers that use it:
// [rule * workloads + workload]. A launch of few heads costs more a head than a full one.
using Occupancy = std::vector<std::int64_t>;

Occupancy full_occupancy(const RulePrices& prices);

// One unit a (layer, KV head): the query heads of a KV group take one rule, which is what packed kernels and a shared
// KV cache can do; its loss is the sum over them. Its cost under a workload, in milliseconds, is its share of a launch
// of `occupancy` heads. Resources are named after the workloads.
core::Result<Problem> plan_problem(const RulePrices& prices, const Profile& profile, const Target& target,
                                   const Occupancy& occupancy);

}  // namespace spanwise::tuner
