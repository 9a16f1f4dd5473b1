// SPDX-License-Identifier: Apache-2.0
// From histograms along the axes to the counts of whole query tiles.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "patterns/axis_count.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// A box of tokens visits the product of what its axes visit, and the product of the full ones is full.
// Error: more than kMaxTilesWalked combinations.
core::Result<AxisCounts> multiply(const AxisCounts& outer, const AxisCounts& inner);

// Fills every count that follows from the histogram: q_tiles, kv_tiles and its extremes, full and partial tiles, block
// sparsity and rows.
void fill_from_rows(const std::vector<AxisRow>& rows, bool know_full, TileCounts& counts);

}  // namespace spanwise::patterns
