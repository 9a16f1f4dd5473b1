// SPDX-License-Identifier: Apache-2.0
// Which query rows a check looks at.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace spanwise::kernels {

struct SampledRow {
  std::int64_t token = 0;  // index of the query
  std::int64_t row = 0;    // index among the rows that the kernel computed for one head
};

// Consecutive query tokens that were computed, `first_row` rows into the head's output.
struct ComputedTile {
  std::int64_t first_token = 0;
  std::int64_t tokens = 0;
  std::int64_t first_row = 0;
};

// The query tiles of `tile` tokens with these indices (ascending; empty: all of q_len), their rows one after the other.
std::vector<ComputedTile> place_tiles(std::int64_t q_len, std::int64_t tile, std::span<const std::int64_t> indices);

// Up to rows_per_tile (at least 1) rows of every tile: the first, the last and others evenly between.
std::vector<SampledRow> sample_rows(const std::vector<ComputedTile>& tiles, std::int64_t rows_per_tile);

}  // namespace spanwise::kernels
