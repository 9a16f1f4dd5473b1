// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// Static and dynamic tiling. The request has passed check_request().
core::Result<TileCounts> count_box_tiles(const CountRequest& request);

}  // namespace spanwise::patterns
