// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "sim/kernel_choice.h"

namespace spanwise::sim {

// The least length, to the next 64 tokens, from which a sparse pattern is faster than the dense baseline in the same
// phase and batch. Searched by doubling from 256 tokens to `longest`, then by halving the bracket. Nothing when sparse
// does not win up to there, or for layouts of several axes, whose shape cannot be scaled by one number.
std::optional<std::int64_t> break_even_tokens(const patterns::Case& sparse, const patterns::Pattern& dense,
                                              const Pricing& pricing, std::int64_t longest);

// The density (visible pairs over the dense mask's) below which the sparse kernel is faster than the dense baseline at this length: the
// pattern's own rows with each visiting more or fewer tiles, in its own mix of full and partial ones, and its own selector. 1 when it
// wins with every tile visited, nothing when it loses with one tile a row.
std::optional<double> break_even_density(const Choice& sparse, const Choice& dense, const Pricing& pricing);

}  // namespace spanwise::sim
