// SPDX-License-Identifier: Apache-2.0
// The KV cache as the kernel reads it: tiles of 64 keys, in the layouts of tile_ops.h. A server that uses the
// kernel would keep its cache in this form and pack each new key once, so packing is never part of a measured
// time.
#pragma once

#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"
#include "patterns/case.h"

namespace spanwise::kernels {

class PackedTiles {
 public:
  // `heads` counts the KV heads of all sequences. A single head stands for every head index.
  PackedTiles(std::int64_t heads, std::int64_t tiles, std::int64_t tile_floats);

  float* tile(std::int64_t head, std::int64_t tile) { return data_.data() + offset(head, tile); }
  const float* tile(std::int64_t head, std::int64_t tile) const { return data_.data() + offset(head, tile); }

 private:
  std::size_t offset(std::int64_t head, std::int64_t tile) const {
    return static_cast<std::size_t>(head * head_floats_ + tile * tile_floats_);
  }

  std::int64_t tile_floats_;
  std::int64_t head_floats_;  // 0 for a single head
  AlignedBuffer<float> data_;
};

// The random inputs of the case for all sequences and KV heads; keys behind the last one are 0.
PackedTiles pack_keys(const patterns::Case& shape, core::ThreadPool& pool);
PackedTiles pack_values(const patterns::Case& shape, core::ThreadPool& pool);

// The values of leak_values.h, one head for all, padding included.
PackedTiles pack_leak_values(const patterns::Case& shape, core::ThreadPool& pool);

// Sizes of one tile.
std::int64_t packed_key_floats(const patterns::Case& shape);
std::int64_t packed_value_floats(const patterns::Case& shape);

}  // namespace spanwise::kernels
