// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// Flat tiling. The request has passed check_request(). Error: rows of keys to walk beyond kMaxRowsWalked.
core::Result<TileCounts> count_flat_tiles(const CountRequest& request);

}  // namespace spanwise::patterns
