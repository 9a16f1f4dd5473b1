// SPDX-License-Identifier: Apache-2.0
// Running sums of the rows of one query tile.
#pragma once

#include <cstddef>

#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {

inline constexpr std::size_t kTileRows = kQueryTile;

// Sums over keys, relative to 2^row_max; the layout of `output` is that of tile_ops.h.
struct RowSums {
  float* output = nullptr;  // [panels][64][16]
  float* row_sum = nullptr;
  float* row_max = nullptr;
};

// Nothing seen yet.
void start(const RowSums& sums, int panels);

// total = total * 2^(its maximum - the new one) + stretch; the stretch starts again from 0 and keeps its
// maximum.
void finish_stretch(const RowSums& stretch, const RowSums& total, int panels);

}  // namespace spanwise::kernels
