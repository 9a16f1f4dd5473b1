// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "patterns/pattern.h"

namespace spanwise::patterns {

// Whether NATTEN's kernels leave out the fine-grained mask for this neighborhood: their own test for "fully
// block sparse" (restated from NATTEN 0.21, main branch of July 2026), which every dilation class of every
// axis must pass. With query tiles of 2 tokens or more it is never wrongly true but misses some; with 1 token
// it can be wrongly true. Lengths are in tokens an axis; all have one entry an axis.
bool natten_skips_mask(const Neighborhood& pattern, const Lengths& tokens, const Lengths& q_tile,
                       const Lengths& kv_tile);

}  // namespace spanwise::patterns
