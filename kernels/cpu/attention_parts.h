// SPDX-License-Identifier: Apache-2.0
// What the files of the attention kernel share: the state of one member of an item.
#pragma once

#include "kernels/cpu/attention.h"
#include "kernels/cpu/attention_sums.h"

namespace spanwise::kernels {

inline int value_panels(const patterns::Case& shape) {
  return panels_of(static_cast<int>(shape.head_dim_v));
}

// Chunks whose scores are held at once.
struct Attention::Strip {
  std::size_t count = 0;
  std::byte* gathered_keys = nullptr;  // room for gathered chunks, in the layout of packed tiles; null: there are none
  std::byte* gathered_values = nullptr;
  Chunk chunks[kMaxStripChunks];
  struct Hidden {
    const TileMask* mask = nullptr;
    int first_bit = 0;
  } hidden[kMaxStripChunks];
};

// The memory of one member.
struct Attention::Workspace {
  float* queries = nullptr;  // [64][kRowStride], fp32 scaled in base 2, or bf16 as they are
  float* scores = nullptr;   // [64][kRowStride]
  float* correction = nullptr;
  RowSums stretch;  // of the strips of this stretch
  RowSums total;    // of the stretches before; unused when there is only one
  int rows = 0;     // of this member
  std::size_t strip_chunks = 0;
  bool several_stretches = false;
  std::size_t next_visit = 0;
  std::int32_t next_tile = 0;  // of the visit
  int done = 0;     // strips of this stretch
  Strip strips[2];
  Strip* ready = &strips[0];    // full, to run once what comes after it is known
  Strip* filling = &strips[1];

  // For a new member; what the last one left is forgotten.
  void begin() {
    next_visit = 0, next_tile = 0, done = 0;
    for (auto& strip : strips) strip.count = 0;
  }
};

// One member in one run.
struct Attention::Job {
  const Member& member;
  const patterns::Case& shape;
  const TilePlan& plan;
  const AttentionTensors& tensors;
  const std::vector<ChunkBits>& chunk_bits;
  float scale;
  PackedTiles::Head keys, values;

  std::int64_t rows() const { return plan.tiles[member.tile].tokens * plan.group; }
  std::int64_t head_of(std::int64_t tile_row) const { return member.head + tile_row % plan.group; }
  // The row of the whole tensors that belongs to a row of the tile.
  std::int64_t row_of(std::int64_t tile_row) const {
    return head_of(tile_row) * plan.rows + plan.tiles[member.tile].first_row + tile_row / plan.group;
  }
};

}  // namespace spanwise::kernels
