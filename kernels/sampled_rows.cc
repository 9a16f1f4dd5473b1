// SPDX-License-Identifier: Apache-2.0
#include "kernels/sampled_rows.h"

#include <algorithm>

namespace spanwise::kernels {

std::vector<SampledRow> sample_rows(const std::vector<ComputedTile>& tiles, std::int64_t rows_per_tile) {
  std::vector<SampledRow> rows;
  for (const auto& tile : tiles) {
    const std::int64_t count = std::min(rows_per_tile, tile.tokens);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t offset = count == 1 ? 0 : i * (tile.tokens - 1) / (count - 1);
      rows.push_back({tile.first_token + offset, tile.first_row + offset});
    }
  }
  return rows;
}

}  // namespace spanwise::kernels
