// SPDX-License-Identifier: Apache-2.0
// fp32 attention over lists of KV tiles: online softmax (Milakov and Gimelshein 2018), one pass over K and V,
// 64 query rows at a time. Full tiles run no mask code. A row that sees no key gives 0 and a log-sum-exp of
// -infinity.
//
// Sums go up in three steps, keys of a tile, tiles of a stretch, stretches of a row, so that rounding errors
// grow with the square roots of three short lengths and not of one long one: rows of 128k keys would miss the
// error bar.
//
// An item is one query tile of one head (or of one KV head, when the plan packs the heads of a group). Items
// are taken heaviest first; a row is always summed by one thread over its tiles in the order of the plan, so
// results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/packed_tiles.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/cpu/tile_plan.h"
#include "patterns/case.h"

namespace spanwise::kernels {

struct AttentionTensors {
  const float* queries = nullptr;  // [batch][q_heads][plan.rows][head_dim]
  const PackedTiles* keys = nullptr;
  const PackedTiles* values = nullptr;
  float* output = nullptr;       // [batch][q_heads][plan.rows][head_dim_v]
  float* log_sum_exp = nullptr;  // [batch][q_heads][plan.rows], natural logarithm
};

class Attention {
 public:
  // Sorts the items and reserves working memory for `threads`; shape, plan and ops must outlive this. Head
  // dimensions are at most kMaxHeadDim.
  Attention(const patterns::Case& shape, const TilePlan& plan, const TileOps& ops, int threads);

  // softmax(scale * Q K^T) V. The pool has at most `threads` threads.
  void run(const AttentionTensors& tensors, float scale, core::ThreadPool& pool);

  // Working memory of one thread.
  static std::size_t workspace_floats(const patterns::Case& shape);

 private:
  struct Item {
    std::int64_t head;  // first query head of the item, over all sequences
    std::size_t tile;
  };
  struct Workspace;

  void run_item(const Item& item, const AttentionTensors& tensors, float scale, Workspace workspace) const;
  void visit(const TileVisit& visit, std::int64_t kv_head, const AttentionTensors& tensors,
             const Workspace& workspace) const;
  void load_queries(const Item& item, const AttentionTensors& tensors, float scale,
                    Workspace& workspace) const;
  void store_rows(const Item& item, const AttentionTensors& tensors, const Workspace& workspace) const;
  Workspace workspace_of(int worker) const;
  std::int64_t row_of(const Item& item, std::int64_t tile_row) const;

  const patterns::Case& shape_;
  const TilePlan& plan_;
  const TileOps& ops_;
  std::vector<Item> items_;
  AlignedBuffer<float> memory_;
};

}  // namespace spanwise::kernels
