// SPDX-License-Identifier: Apache-2.0
// How the copy engine sees a tensor [heads][rows][head_dim] of 16-bit elements: chunks of 64 columns (128 bytes, with the
// 128-byte swizzle that wgmma reads), so coordinates are (column in the chunk, row, chunk, head). Rows behind the last one
// read as zeros and are not written.
#pragma once

#include <cuda.h>

#include <cstdint>

#include "core/result.h"

namespace spanwise::kernels {

struct MapShape {
  std::int64_t heads = 1, rows = 1, head_dim = 64;
  std::int64_t box_rows = 128;   // rows of one copy
  std::int64_t box_chunks = 1;  // chunks of one copy
};

// Fails with Fault::kEnvironment when the driver refuses the map or is too old to make one.
core::Result<CUtensorMap> make_map(void* tensor, bool bf16, const MapShape& shape);

}  // namespace spanwise::kernels
