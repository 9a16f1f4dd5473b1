// SPDX-License-Identifier: Apache-2.0
// Closing the gap between a plan and a dual bound: every plan lies above the bound by what its blocks lie above their
// least, so only choices near the least can be part of a better one.
#pragma once

#include <string>
#include <vector>

#include "tuner/checker_blocks.h"

namespace spanwise::tuner {

// One side of a limit, as an upper limit of the signed mix.
struct CheckedLimit {
  Mix of;
  double sign = 1;   // -1: a lower limit
  double bound = 0;  // of the signed amount
  double price = 0;  // its multiplier, at least 0
};

struct Gap {
  const Problem& problem;
  const CheckedBlocks& blocks;
  const std::vector<double>& least;  // of each block
  Mix minimized;
  double value = 0;  // of the claimed plan
  double slack = 0;  // value - dual bound, and what rounding can do
  std::vector<CheckedLimit> limits;
  std::uint64_t max_labels = 0;
};

// Empty when nothing is better than the claimed plan, else why that stays open. Throws Rejection when something is.
std::string close_gap(const Gap& gap);

}  // namespace spanwise::tuner
