// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_tile.h"

#include <cstring>

#include "core/int128.h"

namespace spanwise::kernels {

RowTile::RowTile(const TileOps& ops, std::int64_t head_dim)
    : ops_(&ops),
      dim_(head_dim),
      depth_(core::ceil_div(head_dim, ops.depth_step) * ops.depth_step),
      rows_(static_cast<std::size_t>(kQueryTile) * kRowStride),
      scores_(static_cast<std::size_t>(kQueryTile) * kRowStride) {
  std::fill_n(rows_.data(), rows_.size(), 0.0f);  // what fills a row up to the depth stays 0
}

void RowTile::load(std::int64_t slot, const RowTensor& rows, std::int64_t list, std::int64_t row) {
  float* target = rows_.data() + slot * kRowStride;
  if (ops_->form == Form::kPairs) {
    std::memcpy(target, rows.row(list, row), static_cast<std::size_t>(rows.row_bytes()));
  } else {
    rows.read(list, row, {target, static_cast<std::size_t>(dim_)});
  }
}

void RowTile::multiply(const PackedTiles& packed, std::int64_t list, std::int64_t first, std::int64_t count, std::int64_t rows) {
  // Whole blocks of 64 keys, which is what is packed; those behind the last key are 0.
  const std::int64_t chunks = core::ceil_div(count, kKeyTile) * (kKeyTile / kChunk);
  chunks_.clear();
  for (std::int64_t i = 0; i < chunks; ++i) chunks_.push_back({packed.chunk(list, first / kChunk + i), nullptr});
  ops_->scores(rows_.data(), static_cast<int>(rows), static_cast<int>(depth_), chunks_, scores_.data());
}

patterns::Case packed_case(const patterns::Case& shape, std::int64_t keys) {
  patterns::Case packed = shape;
  packed.kv_len = packed.q_len = keys;
  packed.tokens.clear();
  packed.page = 0;
  return packed;
}

}  // namespace spanwise::kernels
