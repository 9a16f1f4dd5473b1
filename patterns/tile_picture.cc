// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_picture.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/int128.h"
#include "patterns/tile_list.h"
#include "patterns/tile_walk.h"

namespace spanwise::patterns {
namespace {

constexpr std::int64_t kMaxSide = 4096;
constexpr std::int64_t kPleasantSide = 96;

}  // namespace

core::Result<TilePicture> tile_picture(const Pattern& pattern, const Lengths& tokens, std::int64_t q_tile, std::int64_t kv_tile) {
  if (auto fine = check_fits(pattern, tokens); !fine) return fine.error();
  Case shape;
  shape.tokens = tokens;
  shape.q_len = shape.kv_len = volume(tokens);
  shape.pattern = pattern;
  if (q_tile == 0) q_tile = core::ceil_div(shape.q_len, kPleasantSide);
  if (kv_tile == 0) kv_tile = core::ceil_div(shape.kv_len, kPleasantSide);
  TilePicture picture{core::ceil_div(shape.q_len, q_tile), core::ceil_div(shape.kv_len, kv_tile), {}};
  if (std::max(picture.q_tiles, picture.kv_tiles) > kMaxSide) {
    return core::fail(core::Fault::kInput, fmt::format("a picture of {} x {} tiles is too large", picture.q_tiles, picture.kv_tiles),
                      fmt::format("allowed: {} a side; take larger tiles", kMaxSide));
  }
  if (auto fine = check_listable(shape, q_tile, kv_tile); !fine) return fine.error();
  picture.tiles.resize(static_cast<std::size_t>(picture.q_tiles * picture.kv_tiles));
  const TileLister lister(shape, q_tile, kv_tile);
  if (auto fine = check_steps(lister.steps() * static_cast<double>(picture.q_tiles)); !fine) return fine.error();
  for (std::int64_t row = 0; row < picture.q_tiles; ++row) {
    const TileList list = lister.list(row);
    const auto begin = static_cast<std::size_t>(row * picture.kv_tiles);
    for (const auto tile : list.full) picture.tiles[begin + static_cast<std::size_t>(tile)] = TileState::kFull;
    for (const auto tile : list.partial) picture.tiles[begin + static_cast<std::size_t>(tile)] = TileState::kPartial;
  }
  return picture;
}

std::string picture_text(const TilePicture& picture) {
  std::string text;
  for (std::int64_t row = 0; row < picture.q_tiles; ++row) {
    for (std::int64_t column = 0; column < picture.kv_tiles; ++column) {
      text += ".+#"[static_cast<std::size_t>(picture.at(row, column))];
    }
    text += '\n';
  }
  return text;
}

std::string draw(const Pattern& pattern, const Lengths& tokens, std::int64_t columns) {
  const std::int64_t tile = core::ceil_div(volume(tokens), std::max<std::int64_t>(1, columns));
  const auto picture = tile_picture(pattern, tokens, tile, tile);
  return picture ? picture_text(*picture) : fmt::format("no picture: {}\n", picture.error().front().message);
}

std::string picture_svg(const TilePicture& picture) {
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" shape-rendering="crispEdges">)"
      R"(<title>query tiles downwards, KV tiles to the right</title><rect width="100%" height="100%" fill="#f4f4f2"/>)",
      picture.kv_tiles, picture.q_tiles);
  for (const auto& [state, colour] : {std::pair{TileState::kPartial, "#8fb8de"}, std::pair{TileState::kFull, "#1f5a92"}}) {
    svg += fmt::format(R"(<path fill="{}" d=")", colour);
    for (std::int64_t row = 0; row < picture.q_tiles; ++row) {
      for (std::int64_t begin = 0, end = 0; begin < picture.kv_tiles; begin = std::max(end, begin + 1)) {
        for (end = begin; end < picture.kv_tiles && picture.at(row, end) == state;) ++end;
        if (end > begin) svg += fmt::format("M{} {}h{}v1h-{}z", begin, row, end - begin, end - begin);
      }
    }
    svg += R"("/>)";
  }
  return svg + "</svg>\n";
}

}  // namespace spanwise::patterns
