// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// Counts of patterns that give a distribution instead of a list (docs/formats.md, "Patterns from a distribution"):
// expected tiles, the most that can be visited, and the chance that a visible tile is empty. The request has passed
// check_request(). Errors: dynamic tiling, for a distribution says nothing about runs of keys; reuse without a pattern.
core::Result<TileCounts> count_expected(const CountRequest& request);

}  // namespace spanwise::patterns
