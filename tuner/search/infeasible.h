// SPDX-License-Identifier: Apache-2.0
// Nothing keeps the limits: which one is to blame, and what could be kept instead.
#pragma once

#include <optional>
#include <string>

#include "tuner/search/goals.h"

namespace spanwise::tuner {

struct Blame {
  std::string limit;              // the name of its mix; empty: no limit is to blame
  std::optional<double> nearest;  // the nearest value of that limit that can be kept
  std::string reason;
};

// A limit that cannot be kept even alone, the one that is furthest off; else the one that needs the smallest relative
// change while all others are kept.
core::Result<Blame> find_blame(const Problem& problem, const Effort& effort);

}  // namespace spanwise::tuner
