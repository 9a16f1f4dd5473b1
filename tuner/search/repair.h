// SPDX-License-Identifier: Apache-2.0
// A choice that keeps the limits, by moves: first those that buy back the most of a broken limit for their price, then
// those that save the most of what is minimized.
#pragma once

#include <optional>
#include <vector>

#include "tuner/search/effort.h"
#include "tuner/search/space.h"

namespace spanwise::tuner {

struct FullChoice {
  Picks picks;                  // one candidate a head
  std::vector<Amount> amounts;  // one a dimension
};

FullChoice full_choice(const Space& space, Picks picks);
bool keeps_limits(const Space& space, const std::vector<Amount>& amounts);

// Blocks change to what they are in one of `seen`; heads that stand alone to any of their candidates. Prices are the
// amounts weighted with the multipliers.
std::optional<FullChoice> repaired(const Space& space, const Picks& from, const std::vector<Picks>& seen,
                                   const std::vector<double>& multipliers, const Effort& effort);

}  // namespace spanwise::tuner
