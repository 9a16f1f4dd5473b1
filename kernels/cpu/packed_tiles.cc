// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/packed_tiles.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

#include "core/int128.h"
#include "core/random.h"
#include "kernels/inputs.h"
#include "kernels/leak_values.h"
#include "kernels/rounding.h"

namespace spanwise::kernels {
namespace {

constexpr std::uint64_t kPageStream = 5;

std::int64_t padded(std::int64_t value, std::int64_t step) {
  return core::ceil_div(value, step) * step;
}

std::int64_t keys_of_page(const patterns::Case& shape) {
  return shape.page > 0 ? shape.page : padded(shape.kv_len, kKeyTile);
}

std::int64_t block_chunks(const patterns::Case& shape) {
  return std::min<std::int64_t>(keys_of_page(shape), kKeyTile) / kChunk;
}

// The pages of all sequences in a random order (Fisher and Yates), so that neighbours in a sequence are seldom
// neighbours in memory. One page a sequence stays in order.
std::vector<std::int32_t> page_table(const patterns::Case& shape, std::int64_t pages) {
  std::vector<std::int32_t> table(static_cast<std::size_t>(pages));
  std::iota(table.begin(), table.end(), 0);
  if (shape.page == 0) return table;
  for (std::size_t i = table.size(); i > 1; --i) {
    std::swap(table[i - 1], table[core::random_bits(shape.seed, kPageStream, i) % i]);
  }
  return table;
}

// Where element (index along the summed axis, column) of a panel lies.
std::int64_t place(Form form, std::int64_t index, std::int64_t column) {
  return form == Form::kRows ? index * kPanel + column : (index / 2 * kPanel + column) * 2 + index % 2;
}

void put(core::DType dtype, std::byte* data, std::int64_t index, float value) {
  if (dtype == core::DType::kFp32) {
    std::memcpy(data + index * 4, &value, 4);
  } else {
    const std::uint16_t half = dtype == core::DType::kBf16 ? bf16_of(value) : fp16_of(value);
    std::memcpy(data + index * 2, &half, 2);
  }
}

// rows[16][dim] -> keys of a chunk
void pack_key_chunk(const float* rows, std::int64_t dim, const TileOps& ops, std::byte* out) {
  for (std::int64_t key = 0; key < kChunk; ++key) {
    for (std::int64_t i = 0; i < dim; ++i) put(ops.dtype, out, place(ops.form, i, key), rows[key * dim + i]);
  }
}

// rows[16][dim] -> values of a chunk
void pack_value_chunk(const float* rows, std::int64_t dim, const TileOps& ops, const PackedLayout& layout,
                      std::byte* out) {
  for (std::int64_t key = 0; key < kChunk; ++key) {
    for (std::int64_t i = 0; i < dim; ++i) {
      const std::int64_t index = i / kPanel * layout.panel + place(ops.form, key, i % kPanel);
      put(ops.dtype, out, index, rows[key * dim + i]);
    }
  }
}

// The random rows of one chunk; 0 behind the last key.
void fill_rows(const patterns::Case& shape, Tensor tensor, std::int64_t dim, std::int64_t head,
               std::int64_t chunk, std::span<float> rows) {
  const std::int64_t first = chunk * kChunk;
  const auto used = static_cast<std::size_t>(std::clamp<std::int64_t>(shape.kv_len - first, 0, kChunk) * dim);
  const auto index = static_cast<std::uint64_t>((head * shape.kv_len + first) * dim);
  fill_normal(shape.seed, tensor, index, rows.first(used));
  std::fill(rows.begin() + static_cast<std::ptrdiff_t>(used), rows.end(), 0.0f);
}

// make(head, chunk, rows, out) for every chunk of every head, with room for 16 rows of `dim`.
template <class Make>
void for_chunks(PackedTiles& packed, std::int64_t heads, std::int64_t kv_len, std::int64_t dim,
                core::ThreadPool& pool, const Make& make) {
  const std::int64_t chunks = padded(kv_len, kKeyTile) / kChunk;
  constexpr std::int64_t kAtOnce = 16;
  const std::int64_t parts = core::ceil_div(chunks, kAtOnce);
  pool.run(static_cast<std::size_t>(heads * parts), [&](std::size_t item, int) {
    std::vector<float> rows(static_cast<std::size_t>(kChunk * dim));
    const auto head = static_cast<std::int64_t>(item) / parts;
    const std::int64_t first = static_cast<std::int64_t>(item) % parts * kAtOnce;
    for (std::int64_t chunk = first; chunk < std::min(first + kAtOnce, chunks); ++chunk) {
      make(head, chunk, std::span<float>(rows), packed.chunk(head, chunk));
    }
  });
}

std::int64_t pages_of_sequence(const patterns::Case& shape) {
  return core::ceil_div(padded(shape.kv_len, kKeyTile), keys_of_page(shape));
}

std::int64_t blocks_of_page(const patterns::Case& shape) {
  return keys_of_page(shape) / (block_chunks(shape) * kChunk);
}

}  // namespace

std::int64_t padded_depth(const patterns::Case& shape, const TileOps& ops) {
  return padded(shape.head_dim, ops.depth_step);
}

PackedLayout key_layout(const patterns::Case& shape, const TileOps& ops) {
  PackedLayout layout;
  layout.bytes = core::bytes_of(ops.dtype);
  layout.block_chunks = block_chunks(shape);
  layout.chunk = padded(padded_depth(shape, ops) * kChunk, 64 / layout.bytes);
  layout.block = layout.chunk * layout.block_chunks;
  return layout;
}

PackedLayout value_layout(const patterns::Case& shape, const TileOps& ops) {
  PackedLayout layout;
  layout.bytes = core::bytes_of(ops.dtype);
  layout.block_chunks = block_chunks(shape);
  layout.chunk = kChunk * kPanel;
  layout.panel = layout.chunk * layout.block_chunks;
  layout.block = layout.panel * panels_of(static_cast<int>(shape.head_dim_v));
  return layout;
}

std::int64_t packed_bytes(const patterns::Case& shape, const PackedLayout& layout) {
  return pages_of_sequence(shape) * blocks_of_page(shape) * layout.block * layout.bytes;
}

PackedTiles::PackedTiles(const patterns::Case& shape, const PackedLayout& layout, bool one_head)
    : layout_(layout),
      heads_(one_head ? 1 : shape.kv_heads),
      one_(one_head ? 0 : 1),
      page_blocks_(blocks_of_page(shape)),
      sequence_pages_(pages_of_sequence(shape)),
      pages_(page_table(shape, sequence_pages_ * (one_head ? 1 : shape.batch))),
      data_(pages_.size() * static_cast<std::size_t>(heads_ * page_blocks_ * layout.block * layout.bytes)) {}

PackedTiles::Head PackedTiles::head(std::int64_t index) const {
  Head head;
  const std::int64_t block_bytes = layout_.block * layout_.bytes;
  head.base_ = data_.data() + index % heads_ * page_blocks_ * block_bytes;
  head.pages_ = pages_.data() + index / heads_ * one_ * sequence_pages_;
  head.page_bytes_ = heads_ * page_blocks_ * block_bytes;
  head.block_bytes_ = block_bytes;
  head.chunk_bytes_ = layout_.chunk * layout_.bytes;
  head.page_blocks_ = page_blocks_;
  head.block_shift_ = std::countr_zero(static_cast<std::uint64_t>(layout_.block_chunks));
  return head;
}

PackedTiles pack_keys(const patterns::Case& shape, const TileOps& ops, core::ThreadPool& pool) {
  const auto dim = shape.head_dim;
  PackedTiles packed(shape, key_layout(shape, ops), false);
  const auto chunk_bytes = static_cast<std::size_t>(packed.layout().chunk * packed.layout().bytes);
  for_chunks(packed, shape.batch * shape.kv_heads, shape.kv_len, dim, pool,
             [&](std::int64_t head, std::int64_t chunk, std::span<float> rows, std::byte* out) {
               fill_rows(shape, Tensor::kKeys, dim, head, chunk, rows);
               std::memset(out, 0, chunk_bytes);
               pack_key_chunk(rows.data(), dim, ops, out);
             });
  return packed;
}

namespace {

template <class Fill>
PackedTiles pack_value_rows(const patterns::Case& shape, const TileOps& ops, bool one_head, core::ThreadPool& pool,
                            const Fill& fill) {
  PackedTiles packed(shape, value_layout(shape, ops), one_head);
  const auto& layout = packed.layout();
  const int panels = panels_of(static_cast<int>(shape.head_dim_v));
  for_chunks(packed, one_head ? 1 : shape.batch * shape.kv_heads, shape.kv_len, shape.head_dim_v, pool,
             [&](std::int64_t head, std::int64_t chunk, std::span<float> rows, std::byte* out) {
               fill(head, chunk, rows);
               for (int panel = 0; panel < panels; ++panel) {
                 std::memset(out + panel * layout.panel * layout.bytes, 0,
                             static_cast<std::size_t>(layout.chunk * layout.bytes));
               }
               pack_value_chunk(rows.data(), shape.head_dim_v, ops, layout, out);
             });
  return packed;
}

}  // namespace

PackedTiles pack_values(const patterns::Case& shape, const TileOps& ops, core::ThreadPool& pool) {
  return pack_value_rows(shape, ops, false, pool,
                         [&](std::int64_t head, std::int64_t chunk, std::span<float> rows) {
                           fill_rows(shape, Tensor::kValues, shape.head_dim_v, head, chunk, rows);
                         });
}

PackedTiles pack_leak_values(const patterns::Case& shape, const TileOps& ops, core::ThreadPool& pool) {
  const LeakValues values(shape.kv_len, shape.head_dim_v);
  const auto dim = static_cast<std::size_t>(shape.head_dim_v);
  return pack_value_rows(shape, ops, true, pool, [&](std::int64_t, std::int64_t chunk, std::span<float> rows) {
    for (std::size_t key = 0; key < kChunk; ++key) {
      values.fill(chunk * kChunk + static_cast<std::int64_t>(key), rows.subspan(key * dim, dim));
    }
  });
}

}  // namespace spanwise::kernels
