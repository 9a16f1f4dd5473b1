// SPDX-License-Identifier: Apache-2.0
// How many parts a kernel cuts a long row of keys into, so that idle processors help.
#pragma once

#include <cstdint>

namespace spanwise::sim {

// The rule of FlashAttention-2 and -3 (Dao-AILab/flash-attention, num_splits_heuristic): one part where `items` already
// fill `slots` to four fifths; else the fewest parts, of at least one of the `blocks` KV tiles each, whose last wave is
// within 85 % as full as that of the best number of parts.
std::int64_t split_parts(double items, double slots, std::int64_t blocks, std::int64_t most = 128);

}  // namespace spanwise::sim
