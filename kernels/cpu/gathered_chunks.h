// SPDX-License-Identifier: Apache-2.0
// Chunks of keys from anywhere: where the rows of a query tile see few keys of many tiles (vertical lines, single tokens that
// a selector keeps), 16 of them are brought together and multiplied as one chunk. Works on packed tiles of every form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu/packed_tiles.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {

inline constexpr std::int32_t kNoKey = -1;

// What one head's K or V is gathered from.
struct GatherSource {
  const PackedTiles::Head& head;
  const PackedLayout& layout;
  Form form;
};

// Writes the 16 keys with these positions as the keys of one chunk to `to`; kNoKey gives zeros. `depth` is padded_depth().
void gather_keys(const GatherSource& from, int depth, std::span<const std::int32_t, kChunk> positions, std::byte* to);

// Writes their values as those of one chunk, its panels layout.panel apart.
void gather_values(const GatherSource& from, int panels, std::span<const std::int32_t, kChunk> positions, std::byte* to);

}  // namespace spanwise::kernels
