// SPDX-License-Identifier: Apache-2.0
#include "kernels/sampled_rows.h"

#include <algorithm>

#include "core/int128.h"

namespace spanwise::kernels {

std::vector<ComputedTile> place_tiles(std::int64_t q_len, std::int64_t tile, std::span<const std::int64_t> indices) {
  const auto count = indices.empty() ? core::ceil_div(q_len, tile) : static_cast<std::int64_t>(indices.size());
  std::vector<ComputedTile> tiles;
  std::int64_t rows = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t first = (indices.empty() ? i : indices[static_cast<std::size_t>(i)]) * tile;
    tiles.push_back({first, std::min(tile, q_len - first), rows});
    rows += tiles.back().tokens;
  }
  return tiles;
}

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
