// SPDX-License-Identifier: Apache-2.0
// KV tiles, anchored at 0, of the keys in spans: ascending, disjoint intervals, no two touching (Spans, IntervalSet).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/int128.h"
#include "patterns/interval_rule.h"

namespace spanwise::patterns {

// Tiles that touch one of the spans.
template <class SpanList>
std::int64_t tiles_touched(const SpanList& spans, std::int64_t tile) {
  std::int64_t touched = 0, next = 0;  // two spans may share a tile
  for (const Interval span : spans) {
    const std::int64_t end = core::ceil_div(span.end, tile);
    touched += end - std::max(next, span.begin / tile);
    next = end;
  }
  return touched;
}

// The tiles that lie within one span; the last tile of the line is cut where its `keys` end.
inline Interval tiles_inside(Interval span, std::int64_t tile, std::int64_t keys) {
  return {core::ceil_div(span.begin, tile), span.end == keys ? core::ceil_div(keys, tile) : span.end / tile};
}

template <class SpanList>
std::int64_t tiles_within(const SpanList& spans, std::int64_t tile, std::int64_t keys) {
  std::int64_t within = 0;
  for (const Interval span : spans) within += tiles_inside(span, tile, keys).size();
  return within;
}

// Calls visit(tile, full) for the tiles that touch `any`, ascending; those that lie within `all` are full.
template <class SpanList, class Visit>
void each_tile(const SpanList& any, const SpanList& all, std::int64_t keys, std::int64_t kv_tile, Visit visit) {
  std::int64_t next = 0;  // spans that share a tile list it once
  auto cover = all.begin();
  for (const Interval span : any) {
    const std::int64_t end = core::ceil_div(span.end, kv_tile);
    for (std::int64_t tile = std::max(next, span.begin / kv_tile); tile < end; ++tile) {
      const std::int64_t tile_end = std::min((tile + 1) * kv_tile, keys);
      while (cover != all.end() && cover->end < tile_end) ++cover;
      visit(tile, cover != all.end() && cover->begin <= tile * kv_tile);
    }
    next = end;
  }
}

}  // namespace spanwise::patterns
