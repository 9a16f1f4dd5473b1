// SPDX-License-Identifier: Apache-2.0
// Products of up to 64 rows with every packed key of a list, a strip of keys at a time: the attention kernel's own product
// (tile_ops.h) without the softmax.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/cpu/packed_tiles.h"
#include "kernels/cpu/row_tensor.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {

// Working memory of one thread.
class RowTile {
 public:
  RowTile(const TileOps& ops, std::int64_t head_dim);

  // Row `slot` < kQueryTile of the tile; 16-bit rows are of the dtype of the operations.
  void load(std::int64_t slot, const RowTensor& rows, std::int64_t list, std::int64_t row);

  // visit(first, count) for strips of the keys [0, keys) of the list, with scores(slot) holding the products of `rows` rows
  // with keys first to first + count.
  template <class Visit>
  void for_strips(const PackedTiles& packed, std::int64_t list, std::int64_t keys, std::int64_t rows, const Visit& visit) {
    const std::int64_t strip = ops_->strip_chunks * kChunk;
    for (std::int64_t first = 0; first < keys; first += strip) {
      multiply(packed, list, first, std::min(strip, keys - first), rows);
      visit(first, std::min(strip, keys - first));
    }
  }

  // Room for a multiple of 16 values.
  float* scores(std::int64_t slot) { return scores_.data() + slot * kRowStride; }

 private:
  void multiply(const PackedTiles& packed, std::int64_t list, std::int64_t first, std::int64_t count, std::int64_t rows);

  const TileOps* ops_;
  std::int64_t dim_, depth_;
  AlignedBuffer<float> rows_, scores_;
  std::vector<Chunk> chunks_;
};

// The case whose K is what the rows of one list are multiplied with: `keys` rows a list.
patterns::Case packed_case(const patterns::Case& shape, std::int64_t keys);

}  // namespace spanwise::kernels
