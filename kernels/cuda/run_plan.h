// SPDX-License-Identifier: Apache-2.0
// Which KV tiles each query tile visits, as the Hopper kernel reads them: runs of tiles with the same mask. A dense row
// is one run, a window two or three, so structured patterns need no memory that grows with the square of the length.
// Made on the host before a run; no CUDA needed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "kernels/sampled_rows.h"
#include "patterns/case.h"

namespace spanwise::kernels {

inline constexpr int kCudaQueryTile = 128;  // rows

// Keys of a KV tile. The outputs of 256 columns leave registers for 80 keys, the better size for tensor cores that read
// both operands from shared memory; lists are of blocks that 64 divides.
int cuda_key_tile(const patterns::Case& shape);

// 32-bit words of a row of a mask.
constexpr int mask_words(int key_tile) {
  return (key_tile + 31) / 32;
}

// Consecutive KV tiles with the same mask; kNoMask: every query row sees every key.
struct TileRun {
  static constexpr std::int32_t kNoMask = -1;
  std::int32_t first = 0;
  std::int32_t count = 0;
  std::int32_t mask = kNoMask;

  bool operator==(const TileRun&) const = default;
};

// One query tile of one head. The grid takes items in their order, so the heaviest come first.
struct WorkItem {
  std::int32_t row = 0;        // index of the tile: its rows of Q and of the output are 128 * row and on
  std::int32_t q_head = 0;     // over the sequences of equal lengths; KV heads in the same order
  std::int32_t tiles = 0;      // in its runs
  std::int32_t first_run = 0;
};

// What a query tile visits by one list.
struct PlanRow {
  std::int32_t first_run = 0, runs = 0;  // masked ones first, so that the largest score is good early
  std::int32_t tiles = 0;                // in these runs
};

// Where a sequence of a ragged batch lies in Q, K, V and the output; there is one sequence otherwise, of whole tensors.
struct PlanSequence {
  patterns::Case shape;
  std::size_t first_tile = 0, tiles = 0;
  std::int64_t first_row = 0, rows = 0;  // of Q and of the output: query tokens of its tiles
  std::int64_t first_key = 0;            // of K and V: whole KV tiles, the rest of the last one zeros
};

struct RunPlan {
  int key_tile = 128;
  std::vector<PlanSequence> sequences;
  std::vector<ComputedTile> tiles;   // ascending by token, sequence after sequence; places within the sequence
  std::size_t lists = 1;             // of the case (cases_by_list())
  std::vector<PlanRow> plan_rows;    // [lists][tiles]
  std::vector<TileRun> runs;
  std::vector<std::uint32_t> masks;  // [mask][128 rows][mask_words(key_tile)]; bit j of a word: the key is seen
  std::int64_t rows = 0;             // of Q and of the output, of one head
  std::int64_t keys = 0;             // rows of K and of V of one head
  // By the first list, by the pattern: a tile that is masked only behind the last key counts as full.
  std::uint64_t full_tiles = 0;
  std::uint64_t partial_tiles = 0;

  const PlanRow& row(std::size_t list, std::size_t tile) const { return plan_rows[list * tiles.size() + tile]; }
};

// The plan of the query tiles with these indices (ascending; empty: all, as a ragged batch needs). Fails beyond
// `max_bytes` and where tiles are too many to number.
core::Result<RunPlan> plan_runs(const patterns::Case& shape, std::span<const std::int64_t> q_tiles,
                                std::uint64_t max_bytes, core::ThreadPool& pool);

// The items of all heads and sequences: heads in sections whose K and V together stay within `section_bytes` of the
// second-level cache, heaviest rows first in a section, the query heads of a KV head beside each other.
std::vector<WorkItem> order_items(const RunPlan& plan, std::int64_t section_bytes);

}  // namespace spanwise::kernels
