// SPDX-License-Identifier: Apache-2.0
// Attention over lists of KV tiles: online softmax (Milakov and Gimelshein 2018), one pass over K and V, 64 query
// rows at a time. Chunks of 16 keys that no row of the tile sees are skipped, those that every row sees run no
// mask code. A row that sees no key gives 0 and a log-sum-exp of -infinity.
//
// Keys are taken in strips of up to 256, whatever tiles they come from. Sums go up in three steps, keys of a
// strip, strips of a stretch, stretches of a row, so that rounding errors grow with the square roots of three
// short lengths and not of one long one: fp32 rows of 128k keys would miss the error bar.
//
// A member is one query tile of one head (or of one KV head, when the plan packs the heads of a group). An item is a
// few members of one KV head. Those that read nearly the same keys (neighbouring tiles, heads of a KV group) take turns,
// a strip each, so that K and V come from memory once for all of them; others follow each other, and the last strip of
// one asks memory for the first of the next. Items are taken heaviest first; a row is always summed by one thread over
// its tiles in the order of the plan, so results depend neither on the number of threads nor on the items.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/packed_tiles.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/cpu/tile_plan.h"
#include "patterns/case.h"

namespace spanwise::kernels {

struct AttentionTensors {
  const float* queries = nullptr;  // [batch][q_heads][plan.rows][head_dim], values of the dtype
  const PackedTiles* keys = nullptr;
  const PackedTiles* values = nullptr;
  const float* sink_logits = nullptr;  // [q_heads], in units of scaled scores; null: no sink logits
  float* output = nullptr;             // [batch][q_heads][plan.rows][head_dim_v]
  float* log_sum_exp = nullptr;        // [batch][q_heads][plan.rows], natural logarithm, sink logit included
};

// Sequences of one length. Ragged batches are several of these, alike but in lengths and batch.
struct AttentionPart {
  const patterns::Case* shape = nullptr;
  const TilePlan* plan = nullptr;
};

class Attention {
 public:
  // Sorts the items and reserves working memory for `threads`; what the parts point to and ops must outlive
  // this. Head dimensions are at most kMaxHeadDim.
  Attention(std::vector<AttentionPart> parts, const TileOps& ops, int threads);

  // softmax(scale * Q K^T) V for every part, scale >= 0. The pool has at most `threads` threads.
  void run(std::span<const AttentionTensors> tensors, float scale, core::ThreadPool& pool);

  // Bytes of working memory of one member.
  static std::size_t workspace_bytes(const patterns::Case& shape);

 private:
  // One query tile of one head.
  struct Member {
    std::int64_t head;  // the first query head of the tile, over all sequences of the part
    std::size_t tile;
  };
  // Members of one KV head; whether they read nearly the same keys.
  struct Item {
    std::size_t part, first, count;
    bool alike;
  };
  // Of one mask, a bit a chunk: some row sees a key of it; every row sees all of them.
  struct ChunkBits {
    std::uint8_t live, full;
  };
  struct Strip;
  struct Workspace;
  struct Job;

  void make_items(int threads);
  void add_items(std::size_t part, std::int64_t kv_head, std::span<const std::size_t> tiles, std::size_t most);
  void run_in_turns(std::span<const Job> jobs, std::size_t worker) const;
  void run_in_order(std::span<const Job> jobs, std::size_t worker) const;
  void begin_member(const Job& job, std::size_t worker, std::size_t index, Workspace& workspace) const;
  bool advance(const Job& job, Workspace& workspace) const;
  void finish_member(const Job& job, Workspace& workspace, const Strip* coming) const;
  void add_tile(const Job& job, const TileVisit& visit, Workspace& workspace) const;
  void gather(const Job& job, const TileVisit& visit, int chunk, Strip& strip) const;
  void run_ready(const Job& job, Workspace& workspace, const Strip& coming) const;
  void run_strip(const Job& job, Strip& strip, const Strip& next, Workspace& workspace) const;
  void load_queries(const Job& job, Workspace& workspace) const;
  void store_rows(const Job& job, const Workspace& workspace) const;
  void place_workspace(std::size_t worker, std::size_t index, Workspace& workspace) const;

  std::vector<AttentionPart> parts_;
  const TileOps& ops_;
  std::vector<std::vector<ChunkBits>> chunk_bits_;  // [part][mask]
  std::vector<Member> members_;
  std::vector<Item> items_;
  std::size_t member_floats_ = 0;
  AlignedBuffer<float> memory_;  // of each thread scores, then its members
  std::size_t gather_bytes_ = 0;  // of the keys or values of one strip
  AlignedBuffer<std::byte> gathered_;  // [thread][member][strip][keys, values]
};

}  // namespace spanwise::kernels
