// SPDX-License-Identifier: Apache-2.0
// A mask at tile resolution, as data, text, PNG and SVG.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

enum class TileState : std::uint8_t { kEmpty, kPartial, kFull };

struct TilePicture {
  std::int64_t q_tiles = 0, kv_tiles = 0;
  std::vector<TileState> tiles;  // row-major, a row a query tile

  TileState at(std::int64_t q_tile, std::int64_t kv_tile) const {
    return tiles[static_cast<std::size_t>(q_tile * kv_tiles + kv_tile)];
  }
};

// Tiles of so many tokens in flat order; 0 takes the smallest that keeps a picture below 96 tiles a side. Errors: a pattern
// that does not fit or whose pairs are not determined, more than 4096 tiles a side.
core::Result<TilePicture> tile_picture(const Pattern& pattern, const Lengths& tokens, std::int64_t q_tile, std::int64_t kv_tile);

// '#' full, '+' partial, '.' empty; one line a query tile.
std::string picture_text(const TilePicture& picture);

// A picture of at most `columns` tiles a side, or the reason why there is none.
std::string draw(const Pattern& pattern, const Lengths& tokens, std::int64_t columns);

std::string picture_svg(const TilePicture& picture);
std::string picture_png(const TilePicture& picture);  // one pixel a tile, enlarged to about 512 a side

}  // namespace spanwise::patterns
