// SPDX-License-Identifier: Apache-2.0
// What the attention kernel does with a few keys, once for each instruction set and dtype. The order of
// arithmetic is the same in every version; only rounding differs (fused multiply-add or not, bf16 weights).
//
// Keys come in chunks of 16. The right-hand matrices lie in panels of 16 columns, so that the inner loop reads
// memory in order:
//   keys of a chunk     [head_dim][16 keys]
//   values of a chunk   [panels of 16 dimensions][16 keys][16]; the panels are `panel_stride` elements apart
//   output              [panels of 16 dimensions][64 rows][16], fp32
// An element is fp32, bf16 or fp16. With Form::kPairs two neighbours along the summed axis lie side by side,
// as dot-product instructions want them: keys [head_dim / 2][16][2], values [...][8 key pairs][16][2].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/dtype.h"

namespace spanwise::kernels {

inline constexpr int kQueryTile = 64;  // rows
inline constexpr int kKeyTile = 64;    // what plans and masks count in
inline constexpr int kChunk = 16;      // keys
inline constexpr int kPanel = 16;      // columns of a panel
inline constexpr int kMaxHeadDim = 256;

// The most keys whose scores are held at once.
inline constexpr int kMaxStripKeys = 256;
inline constexpr int kMaxStripChunks = kMaxStripKeys / kChunk;
// 32-bit words from one row of queries, scores or weights to the next: a constant, so that the inner loop addresses
// all rows from one register. The extra line keeps the rows out of each other's cache sets.
inline constexpr int kRowStride = kMaxStripKeys + 16;
static_assert(kMaxHeadDim <= kRowStride);

constexpr int panels_of(int columns) {
  return (columns + kPanel - 1) / kPanel;
}

enum class Form { kRows, kPairs };

struct Chunk {
  const void* keys = nullptr;
  const void* values = nullptr;
  // Of the same place in the strip that comes next: asked for line by line while this chunk is multiplied, so that
  // memory is never idle nor flooded. Its own where nothing comes.
  const void* coming_keys = keys;
  const void* coming_values = values;
};

// Pointers are 64-byte aligned; `rows` is at most kQueryTile.
struct TileOps {
  std::string_view isa;
  core::DType dtype = core::DType::kFp32;  // of K and V in memory
  Form form = Form::kRows;                 // kPairs: queries and weights are bf16, else fp32
  int depth_step = 1;                      // head_dim is filled up with zeros to a multiple
  // Of a strip: enough that bringing the output up to date costs little beside the products, few enough that two panels
  // of values and the weights stay in the first-level cache.
  int strip_chunks = kMaxStripChunks / 2;
  // Strips whose sums are added up before they join those of the row (attention.h).
  int stretch_strips = 16;
  int chunk_step = 1;  // chunks come in multiples of neighbours inside one tile of 64 keys

  // One row of queries as scores() reads it: kRows times `factor`, kPairs rounded to bf16, zeros up to `depth`.
  void (*load_query)(const float* query, int dim, int depth, float factor, void* row);

  // One row of output sums, whose panels are 64 rows apart, times `factor`.
  void (*store_output)(const float* sums, int dim, float factor, float* output);

  // scores[row][16 * chunk + key] = queries[row][0, depth) * keys.
  void (*scores)(const void* queries, int rows, int depth, std::span<const Chunk> chunks, float* scores);

  // Sets scores[row][j], j < 16, to -infinity where bit first_bit + j of words[row] is 0.
  void (*mask)(float* scores, int rows, const std::uint64_t* words, int first_bit);

  // One step of the online softmax in base 2 over `keys` scores (a multiple of 16) times `scale` > 0: raises
  // row_max to the largest of the row, writes the factor by which earlier sums shrink to `correction` (exactly
  // 1 where the maximum did not rise), turns scores into the weights exp2(scale * score - row_max), in place,
  // and adds them to row_sum. A row that has seen no key keeps the maximum -infinity. The three arrays have 64 rows;
  // those behind `rows` keep their values.
  void (*softmax)(float* scores, int rows, int keys, float scale, float* row_max, float* row_sum,
                  float* correction);

  // output = output * correction + weights * values; the product is summed on its own first, so that rounding
  // grows with the number of strips, not of keys (with AMX not: bf16 weights round far more). Rows behind `rows` are
  // left alone, but AMX writes anything into those up to a multiple of 16.
  void (*accumulate)(const float* weights, int rows, std::span<const Chunk> chunks, std::int64_t panel_stride,
                     int panels, const float* correction, float* output);

  // y = 2^x for x <= 0; 0 below -100. Exactly 1 at 0; relative error at most 2e-7, with bf16 weights 1.1e-4.
  // `count` is a multiple of 16.
  void (*exp2)(const float* x, float* y, std::size_t count);

  // Around the work of one thread on one item; nothing where null (AMX sets its tiles up).
  void (*begin)() = nullptr;
  void (*end)() = nullptr;
};

// What this processor can run for inputs of this type, the fastest first; the last is plain C++. Empty for
// fp8.
std::vector<const TileOps*> tile_ops_for(core::DType dtype);

// The fastest of those that need no more than this instruction set, one of runnable_isas(); empty: no limit.
const TileOps& best_tile_ops(core::DType dtype, std::string_view isa = {});

// The instruction sets of this processor, the fastest first.
std::vector<std::string_view> runnable_isas();

// By instruction set, for tile_ops_for(); empty where the processor lacks it.
std::span<const TileOps> plain_tile_ops();
std::span<const TileOps> avx2_tile_ops();
std::span<const TileOps> avx512_tile_ops();
std::span<const TileOps> avx512_bf16_tile_ops();
std::span<const TileOps> amx_tile_ops();

}  // namespace spanwise::kernels
