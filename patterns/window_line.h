// SPDX-License-Identifier: Apache-2.0
// Short lines of plain windows, the axes of a video: a dozen cycles a query tile, where count_axis() needs a hundred.
#pragma once

#include "patterns/axis_count.h"

namespace spanwise::patterns {

// Whether count_window_line() takes the line: no sinks, extra tokens or grouped heads, and few query tiles.
bool is_short_window_line(const AxisTiling& tiling);

// Adds what count_axis() would.
void count_window_line(const AxisTiling& tiling, std::uint64_t times, AxisCounts& counts);

}  // namespace spanwise::patterns
