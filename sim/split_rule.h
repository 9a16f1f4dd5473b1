// SPDX-License-Identifier: Apache-2.0
// How many parts a kernel cuts a long row of keys into, so that idle processors help.
#pragma once

#include <cstdint>

#include "sim/priced_kernel.h"

namespace spanwise::sim {

// The rule of FlashAttention-2 (Dao-AILab/flash-attention, num_splits_heuristic): one part where `items` already
// fill `slots` to four fifths; else the fewest parts, of at least one of the `blocks` KV tiles each, whose last wave is
// within 85 % as full as that of the best number of parts.
std::int64_t fullest_waves(double items, double slots, std::int64_t blocks);

// The rule of FlashAttention-3 for sequences of different lengths (Dao-AILab/flash-attention, hopper/: heuristics.h and
// flash_prepare_scheduler.cu): rows of up to four tiles stay whole; each processor takes a tenth more than its share of all
// tiles, and no row is cut into more parts than fill the waves as above.
std::int64_t even_shares(double items, double slots, std::int64_t blocks);

// Whether the call copies queries and outputs to swap the heads of a group into rows.
bool copies_groups(const patterns::Case& shape, const PricedKernel& priced);

// The parts of a row of the dense problem under the kernel's rule; where the rule is not known, FlashAttention-2's. 1 for
// kernels that never cut. It does not look at the pattern, so that a sparser one is never cut worse.
std::int64_t dense_parts(const patterns::Case& shape, const PricedKernel& priced);

}  // namespace spanwise::sim
