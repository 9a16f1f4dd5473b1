// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_count.h"

#include "patterns/box_count.h"
#include "patterns/flat_count.h"
#include "patterns/request_check.h"

namespace spanwise::patterns {

core::Result<TileCounts> count_tiles(const CountRequest& request) {
  if (const auto fine = check_request(request); !fine) return fine.error();
  return request.tiling == Tiling::kFlat ? count_flat_tiles(request) : count_box_tiles(request);
}

}  // namespace spanwise::patterns
