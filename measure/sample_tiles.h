// SPDX-License-Identifier: Apache-2.0
// A few query tiles that stand for all: the true length is run, but not every row of it.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/case.h"
#include "sim/tile_work.h"

namespace spanwise::measure {

// First, last, the heaviest of up to 64 evenly spread tiles, and random ones, `count` in all; ascending. Every tile
// when there are no more than `count`. Deterministic in the case and its seed.
std::vector<std::int64_t> sample_tiles(const patterns::Case& shape, std::int64_t q_tile, std::int64_t kv_tile,
                                       std::int64_t count);

// The part of `whole` (flat tiling) that those tiles are, with exact counts.
sim::TileWork sampled_work(const patterns::Case& shape, const sim::TileWork& whole, std::int64_t q_tile,
                           const std::vector<std::int64_t>& tiles);

}  // namespace spanwise::measure
