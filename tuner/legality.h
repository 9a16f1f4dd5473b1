// SPDX-License-Identifier: Apache-2.0
// Whether a plan can run at all, apart from how good it is.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "sim/kernel_choice.h"
#include "tuner/plan.h"
#include "tuner/problem.h"

namespace spanwise::tuner {

struct Legality {
  std::size_t launches = 0;              // different ones that were looked at: rule, workload, number of KV heads
  std::vector<std::string> violations;  // in words; empty: the plan is legal
};

// The tables are about the plan's layers and KV heads, each one once, so that no KV group is split; each takes a rule that
// the tables allow there (a single one where a layer is forced); no layer has more rules than it may.
Legality check_tables_legality(const Plan& plan, const Problem& problem);

// The machine runs every launch of the plan with the kernel that the plan names. Adds to `legality`.
void check_kernels(const Plan& plan, const sim::Pricing& pricing, Legality& legality);

}  // namespace spanwise::tuner
