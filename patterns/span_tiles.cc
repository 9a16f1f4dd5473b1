// SPDX-License-Identifier: Apache-2.0
#include "patterns/span_tiles.h"

#include <algorithm>

#include "core/int128.h"

namespace spanwise::patterns {

using core::ceil_div;

std::int64_t tiles_touched(const Spans& spans, std::int64_t tile) {
  std::int64_t touched = 0, next = 0;  // two spans may share a tile
  for (const Interval span : spans) {
    const std::int64_t end = ceil_div(span.end, tile);
    touched += end - std::max(next, span.begin / tile);
    next = end;
  }
  return touched;
}

std::int64_t tiles_within(const Spans& spans, std::int64_t tile, std::int64_t keys) {
  std::int64_t within = 0;
  for (const Interval span : spans) {
    const std::int64_t end = span.end == keys ? ceil_div(keys, tile) : span.end / tile;
    within += std::max<std::int64_t>(0, end - ceil_div(span.begin, tile));
  }
  return within;
}

}  // namespace spanwise::patterns
