// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_list.h"

#include <algorithm>
#include <variant>

#include "core/int128.h"
#include "core/result.h"
#include "patterns/flat_tile.h"
#include "patterns/interval_rule.h"
#include "patterns/query_layout.h"

namespace spanwise::patterns {
namespace {

// Tiles that touch `any`; those that lie within `all` are full. A tile at the end of the keys is cut there.
void add_tiles(const Spans& any, const Spans& all, std::int64_t keys, std::int64_t kv_tile, TileList& list) {
  std::int64_t next = 0;  // spans that share a tile list it once
  const Interval* cover = all.begin();
  for (const Interval span : any) {
    const std::int64_t end = core::ceil_div(span.end, kv_tile);
    for (std::int64_t tile = std::max(next, span.begin / kv_tile); tile < end; ++tile) {
      const std::int64_t tile_end = std::min((tile + 1) * kv_tile, keys);
      while (cover != all.end() && cover->end < tile_end) ++cover;
      const bool full = cover != all.end() && cover->begin <= tile * kv_tile;
      (full ? list.full : list.partial).push_back(static_cast<std::int32_t>(tile));
    }
    next = end;
  }
}

}  // namespace

TileList list_tiles(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile, std::int64_t index) {
  core::ensure(q_tile > 0 && kv_tile > 0 && index >= 0 && index < core::ceil_div(shape.q_len, q_tile),
               "list_tiles: the query tile lies outside the case");
  const QueryLayout queries = query_layout(shape);
  const Interval tokens{index * q_tile, std::min((index + 1) * q_tile, shape.q_len)};
  TileList list;
  if (const auto rule = interval_rule(shape.pattern, shape.grid())) {
    const KeyLine keys{volume(shape.grid()), shape.extra_tokens()};
    const TileSpans spans = spans_of_tile(*rule, keys, queries.first, queries.grid_queries, tokens);
    add_tiles(spans.any, spans.all, keys.keys(), kv_tile, list);
    return list;
  }
  const auto& neighborhood = std::get<Neighborhood>(shape.pattern);
  FlatTileCounter counter(axis_rules(neighborhood, shape.grid()), queries, shape.extra_tokens(), kv_tile);
  counter.count(tokens.begin, tokens.end);
  counter.each_tile([&list](std::int64_t tile, bool full) {
    (full ? list.full : list.partial).push_back(static_cast<std::int32_t>(tile));
  });
  return list;
}

}  // namespace spanwise::patterns
