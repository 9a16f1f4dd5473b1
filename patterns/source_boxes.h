// SPDX-License-Identifier: Apache-2.0
// Boxes of queries and keys over several axes, of any pattern with determined pairs.
#pragma once

#include "patterns/key_source.h"
#include "patterns/tile_histogram.h"

namespace spanwise::patterns {

// Counts the boxes of queries. Static: KV boxes anchored at 0. Dynamic: the coordinates that a box needs on each axis are
// tiled from the first of each run, and all boxes of their product are visited. Without dilation groups. The queries are
// consecutive tokens of the grid. Error: more than about ten seconds' work, or too many tiles.
core::Status count_source_boxes(const CountRequest& request, const KeySource& source, AxisCounts& counts);

}  // namespace spanwise::patterns
