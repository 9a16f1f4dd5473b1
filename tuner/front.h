// SPDX-License-Identifier: Apache-2.0
// Fronts: the least of one mix for every value of another.
#pragma once

#include <cstdint>

#include "tuner/knapsack.h"
#include "tuner/solution.h"

namespace spanwise::tuner {

struct FrontOptions {
  Effort knapsack;
  // Limits of mode `all`: points alive at once, and points made in total.
  std::uint64_t max_points = 1'000'000;
  std::uint64_t max_made = 400'000'000;
};

// The points of a knapsack's front; the names are left empty. A front of mode `all` beyond the limits is an
// error.
core::Result<Front> make_front(const Knapsack& knapsack, FrontMode mode, const std::vector<double>& at,
                               const FrontOptions& options = {});

}  // namespace spanwise::tuner
