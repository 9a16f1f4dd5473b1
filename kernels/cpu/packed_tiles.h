// SPDX-License-Identifier: Apache-2.0
// The KV cache as the kernel reads it: chunks of 16 keys in the layouts of tile_ops.h, in the dtype of the case. A
// server that uses the kernel would keep its cache in this form and pack each new key once, so packing is never
// part of a measured time.
//
// Chunks lie in blocks of up to 64 keys, blocks in pages. Without pages a sequence is one page of its own; with
// them the pages of all sequences are scattered over one pool by a random page table, as in a server that has
// run for a while.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/tile_ops.h"
#include "patterns/case.h"

namespace spanwise::kernels {

// How one tensor lies in memory; sizes in elements.
struct PackedLayout {
  std::int64_t chunk = 0;   // from one chunk of a block to the next
  std::int64_t block = 0;   // from one block to the next
  std::int64_t block_chunks = kKeyTile / kChunk;
  std::int64_t panel = 0;   // values: from one panel of 16 dimensions to the next
  std::int64_t bytes = 4;   // of an element
};

// head_dim filled up to what the instruction set wants.
std::int64_t padded_depth(const patterns::Case& shape, const TileOps& ops);

PackedLayout key_layout(const patterns::Case& shape, const TileOps& ops);
PackedLayout value_layout(const patterns::Case& shape, const TileOps& ops);

// Bytes of one head of one sequence.
std::int64_t packed_bytes(const patterns::Case& shape, const PackedLayout& layout);

class PackedTiles {
 public:
  // All sequences and KV heads of the case, or one head that stands for every head of every sequence.
  PackedTiles(const patterns::Case& shape, const PackedLayout& layout, bool one_head);

  // The chunks of one head of one sequence.
  class Head {
   public:
    const std::byte* chunk(std::int64_t index) const {
      const std::int64_t block = index >> block_shift_;
      // Most caches have pages of one block or one page a sequence, where there is nothing to divide.
      const std::int64_t page = page_blocks_ == 1 ? block : block < page_blocks_ ? 0 : block / page_blocks_;
      return base_ + pages_[page] * page_bytes_ + (block - page * page_blocks_) * block_bytes_ +
             (index - (block << block_shift_)) * chunk_bytes_;
    }

   private:
    friend class PackedTiles;
    const std::byte* base_;
    const std::int32_t* pages_;  // of the sequence: where they lie in the pool
    std::int64_t page_bytes_, block_bytes_, chunk_bytes_, page_blocks_;
    int block_shift_;
  };

  const PackedLayout& layout() const { return layout_; }
  Head head(std::int64_t index) const;
  const std::byte* chunk(std::int64_t head, std::int64_t index) const { return this->head(head).chunk(index); }
  std::byte* chunk(std::int64_t head, std::int64_t index) {
    return data_.data() + (std::as_const(*this).chunk(head, index) - data_.data());
  }

 private:
  PackedLayout layout_;
  std::int64_t heads_;  // of a sequence
  std::int64_t one_;    // 0 where one head stands for all
  std::int64_t page_blocks_;
  std::int64_t sequence_pages_;
  std::vector<std::int32_t> pages_;  // [sequence][page]: where it lies in the pool
  AlignedBuffer<std::byte> data_;
};

// The random inputs of the case for all sequences and KV heads, rounded to its dtype; keys behind the last one
// are 0.
PackedTiles pack_keys(const patterns::Case& shape, const TileOps& ops, core::ThreadPool& pool);
PackedTiles pack_values(const patterns::Case& shape, const TileOps& ops, core::ThreadPool& pool);

// The values of leak_values.h, one head for all, padding included.
PackedTiles pack_leak_values(const patterns::Case& shape, const TileOps& ops, core::ThreadPool& pool);

}  // namespace spanwise::kernels
