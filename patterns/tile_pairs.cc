// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_pairs.h"

#include <algorithm>
#include <utility>

#include "core/documents/map_reader.h"

namespace spanwise::patterns {
namespace {

using documents::Context;
using documents::MapReader;
using documents::Node;

constexpr documents::IntegerRange kExtent{1, 1 << 16};

TilePair pair_of(const Node* q_tile, const Node* kv_tile, Context& context) {
  TilePair pair{0, {1}, {1}};
  if (q_tile == nullptr || kv_tile == nullptr) return pair;
  pair.q_tile = documents::read_lengths(*q_tile, context, "q_tile", 3, kExtent).value_or(pair.q_tile);
  pair.kv_tile = documents::read_lengths(*kv_tile, context, "kv_tile", 3, kExtent).value_or(pair.kv_tile);
  if (pair.q_tile.size() != pair.kv_tile.size()) {
    context.contradiction(*kv_tile, "q_tile and kv_tile need the same number of axes", "", q_tile, "q_tile is given here");
  }
  return pair;
}

}  // namespace

core::Result<TilePairs> read_tile_pairs(const std::filesystem::path& path) {
  const auto document = documents::read_document(path);
  if (!document) return document.error();
  Context context(document->file);
  MapReader map(document->root, context, "tiles");
  map.integer("version", {1, 1});
  TilePairs tiles;
  tiles.name = map.text("name");
  tiles.source = map.text("source");
  tiles.tiling = static_cast<Tiling>(map.choice("tiling", tiling_names()));
  for (const auto& item : map.list("tiles")) {
    MapReader pair(item, context, "tiles");
    tiles.pairs.push_back(pair_of(pair.need("q_tile"), pair.need("kv_tile"), context));
    tiles.pairs.back().max_head_dim = pair.integer_or("max_head_dim", {1, 1024}, 0);
    pair.finish();
  }
  map.finish();
  if (!context.ok()) return context.take();
  return tiles;
}

core::Result<TilePairs> parse_tile_pairs(const std::string& text) {
  Context context("--tiles");
  TilePairs tiles{"--tiles", "command line", Tiling::kStatic, {}};
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto slash = text.find('/', begin);
    if (slash >= end) {
      context.error(1, static_cast<std::uint32_t>(begin + 1), "a tile pair is a query tile, a slash and a KV tile",
                    "for instance 4x8x8/2x8x8,8x8x8/4x8x8");
      return context.take();
    }
    Node q_tile, kv_tile;
    q_tile.kind = kv_tile.kind = documents::Kind::kScalar;
    q_tile.line = kv_tile.line = 1;
    q_tile.column = static_cast<std::uint32_t>(begin + 1);
    kv_tile.column = static_cast<std::uint32_t>(slash + 2);
    q_tile.text = text.substr(begin, slash - begin);
    kv_tile.text = text.substr(slash + 1, end - slash - 1);
    tiles.pairs.push_back(pair_of(&q_tile, &kv_tile, context));
    begin = end + 1;
  }
  if (!context.ok()) return context.take();
  return tiles;
}

}  // namespace spanwise::patterns
