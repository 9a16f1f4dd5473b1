// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/packed_tiles.h"

#include <algorithm>
#include <span>
#include <vector>

#include "core/int128.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/inputs.h"
#include "kernels/leak_values.h"

namespace spanwise::kernels {
namespace {

// rows[64][dim] -> [4 panels of 16 keys][dim][16]
void pack_key_tile(std::span<const float> rows, std::int64_t dim, float* out) {
  for (std::int64_t key = 0; key < kKeyTile; ++key) {
    const float* row = rows.data() + key * dim;
    float* panel = out + key / kPanel * dim * kPanel + key % kPanel;
    for (std::int64_t i = 0; i < dim; ++i) panel[i * kPanel] = row[i];
  }
}

// rows[64][dim] -> [panels of 16 dimensions][64 keys][16]; dimensions behind the last one are 0.
void pack_value_tile(std::span<const float> rows, std::int64_t dim, float* out) {
  for (std::int64_t first = 0; first < dim; first += kPanel) {
    const std::int64_t count = std::min<std::int64_t>(kPanel, dim - first);
    for (std::int64_t key = 0; key < kKeyTile; ++key, out += kPanel) {
      std::fill(std::copy_n(rows.data() + key * dim + first, count, out), out + kPanel, 0.0f);
    }
  }
}

// The random rows of one tile; 0 behind the last key.
void fill_rows(const patterns::Case& shape, Tensor tensor, std::int64_t dim, std::int64_t head,
               std::int64_t tile, std::span<float> rows) {
  const std::int64_t first = tile * kKeyTile;
  const auto used = static_cast<std::size_t>(std::min<std::int64_t>(kKeyTile, shape.kv_len - first) * dim);
  const auto index = static_cast<std::uint64_t>((head * shape.kv_len + first) * dim);
  fill_normal(shape.seed, tensor, index, rows.first(used));
  std::fill(rows.begin() + static_cast<std::ptrdiff_t>(used), rows.end(), 0.0f);
}

// make(head, tile, rows) for every tile of every head, with room for 64 rows of `dim`.
template <class Make>
PackedTiles pack(const patterns::Case& shape, std::int64_t heads, std::int64_t dim, std::int64_t tile_floats,
                 core::ThreadPool& pool, const Make& make) {
  const std::int64_t tiles = core::ceil_div(shape.kv_len, kKeyTile);
  PackedTiles packed(heads, tiles, tile_floats);
  std::vector<std::vector<float>> rows(static_cast<std::size_t>(pool.threads()),
                                       std::vector<float>(static_cast<std::size_t>(kKeyTile * dim)));
  pool.run(static_cast<std::size_t>(heads * tiles), [&](std::size_t item, int worker) {
    const auto head = static_cast<std::int64_t>(item) / tiles;
    const auto tile = static_cast<std::int64_t>(item) % tiles;
    make(head, tile, std::span<float>(rows[static_cast<std::size_t>(worker)]), packed.tile(head, tile));
  });
  return packed;
}

}  // namespace

PackedTiles::PackedTiles(std::int64_t heads, std::int64_t tiles, std::int64_t tile_floats)
    : tile_floats_(tile_floats),
      head_floats_(heads == 1 ? 0 : tiles * tile_floats),
      data_(static_cast<std::size_t>(heads * tiles * tile_floats)) {}

std::int64_t packed_key_floats(const patterns::Case& shape) {
  return kKeyTile * shape.head_dim;
}

std::int64_t packed_value_floats(const patterns::Case& shape) {
  return kKeyTile * kPanel * core::ceil_div(shape.head_dim_v, kPanel);
}

PackedTiles pack_keys(const patterns::Case& shape, core::ThreadPool& pool) {
  const auto dim = shape.head_dim;
  return pack(shape, shape.batch * shape.kv_heads, dim, packed_key_floats(shape), pool,
              [&](std::int64_t head, std::int64_t tile, std::span<float> rows, float* out) {
                fill_rows(shape, Tensor::kKeys, dim, head, tile, rows);
                pack_key_tile(rows, dim, out);
              });
}

PackedTiles pack_values(const patterns::Case& shape, core::ThreadPool& pool) {
  const auto dim = shape.head_dim_v;
  return pack(shape, shape.batch * shape.kv_heads, dim, packed_value_floats(shape), pool,
              [&](std::int64_t head, std::int64_t tile, std::span<float> rows, float* out) {
                fill_rows(shape, Tensor::kValues, dim, head, tile, rows);
                pack_value_tile(rows, dim, out);
              });
}

PackedTiles pack_leak_values(const patterns::Case& shape, core::ThreadPool& pool) {
  const auto dim = shape.head_dim_v;
  const LeakValues values(shape.kv_len, dim);
  return pack(shape, 1, dim, packed_value_floats(shape), pool,
              [&](std::int64_t, std::int64_t tile, std::span<float> rows, float* out) {
                for (std::int64_t key = 0; key < kKeyTile; ++key) {
                  values.fill(tile * kKeyTile + key, rows.subspan(static_cast<std::size_t>(key * dim),
                                                                  static_cast<std::size_t>(dim)));
                }
                pack_value_tile(rows, dim, out);
              });
}

}  // namespace spanwise::kernels
