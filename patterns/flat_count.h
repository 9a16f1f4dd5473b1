// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// Flat tiling. The request has passed check_request(). Errors: too many different tiles, or for neighborhoods
// whose keys are not consecutive more than about a minute's work or a gigabyte.
core::Result<TileCounts> count_flat_tiles(const CountRequest& request);

}  // namespace spanwise::patterns
