// SPDX-License-Identifier: Apache-2.0
// A better choice where not everything can be searched: up to four blocks change at once, so that every limit is filled
// nearly to the brim. With several limits a single change seldom fits into what is left of each.
#pragma once

#include <vector>

#include "tuner/search/block_search.h"
#include "tuner/search/dual.h"
#include "tuner/search/effort.h"
#include "tuner/search/repair.h"

namespace spanwise::tuner {

// `options`: of each block, what it may change to. From `start`, which may break limits: the best that four changes of
// small reduced cost lead to. It becomes `best` when it keeps the limits and has less of amount 0.
bool exchange(const Space& space, const std::vector<std::vector<BlockOption>>& options, const DualPoint& dual,
              const Picks& start, FullChoice& best, const Effort& effort);

}  // namespace spanwise::tuner
