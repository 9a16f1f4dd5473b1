// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/attention_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spanwise::kernels {
namespace {

void clear(const RowSums& sums, int panels) {
  std::fill_n(sums.output, kTileRows * kPanel * static_cast<std::size_t>(panels), 0.0f);
  std::fill_n(sums.row_sum, kTileRows, 0.0f);
}

}  // namespace

void start(const RowSums& sums, int panels) {
  clear(sums, panels);
  std::fill_n(sums.row_max, kTileRows, -std::numeric_limits<float>::infinity());
}

void finish_stretch(const RowSums& stretch, const RowSums& total, int panels) {
  float factor[kTileRows];
  for (std::size_t row = 0; row < kTileRows; ++row) {
    // Equal maxima may both be -infinity.
    const bool same = total.row_max[row] == stretch.row_max[row];
    factor[row] = same ? 1.0f : std::exp2(total.row_max[row] - stretch.row_max[row]);
    total.row_sum[row] = total.row_sum[row] * factor[row] + stretch.row_sum[row];
    total.row_max[row] = stretch.row_max[row];
  }
  const std::size_t rows = kTileRows * static_cast<std::size_t>(panels);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = row * kPanel; i < (row + 1) * kPanel; ++i) {
      total.output[i] = total.output[i] * factor[row % kTileRows] + stretch.output[i];
    }
  }
  clear(stretch, panels);
}

}  // namespace spanwise::kernels
