// SPDX-License-Identifier: Apache-2.0
// The checker for problems with any parts: several limits and objectives, KV groups, rules a layer (checker.h).
#pragma once

#include "tuner/checker.h"

namespace spanwise::tuner {

// Throws Rejection. Equal values are as good as each other here: which of them was taken is not checked.
Verdict check_goals(const Problem& problem, std::string_view tables_sha256, const Claim& claim,
                    const CheckOptions& options);

}  // namespace spanwise::tuner
