// SPDX-License-Identifier: Apache-2.0
// What the attention kernel does with one tile, once for each instruction set. The tiles and their order of
// arithmetic are the same in every version; only rounding differs (fused multiply-add or not).
//
// A tile is up to 64 query rows by 64 keys. The right-hand matrices lie in panels of 16 columns, so that the
// inner loop reads memory in order:
//   K tile   [4 panels of 16 keys][head_dim][16]
//   V tile   [panels of 16 dimensions][64 keys][16]
//   output   [panels of 16 dimensions][64 rows][16]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spanwise::kernels {

inline constexpr int kQueryTile = 64;  // rows
inline constexpr int kKeyTile = 64;
inline constexpr int kPanel = 16;    // columns of a panel
inline constexpr int kRowGroup = 4;  // rows that the inner loop handles at once
inline constexpr int kMaxHeadDim = 256;

constexpr int panels_of(int columns) {
  return (columns + kPanel - 1) / kPanel;
}

// Pointers to floats are 64-byte aligned; `rows` is a multiple of kRowGroup, at most kQueryTile.
struct TileOps {
  std::string_view isa;

  // scores[row][64] = queries[row][0, depth) * K tile
  void (*scores)(const float* queries, int rows, int depth, const float* k_tile, float* scores);

  // Sets scores[row][j] to -infinity where bit j of words[row] is 0.
  void (*mask)(float* scores, int rows, const std::uint64_t* words);

  // One step of the online softmax in base 2: raises row_max to the largest score of the row, writes the
  // factor by which earlier sums shrink to `correction` (exactly 1 where the maximum did not rise), turns
  // scores into exp2(score - row_max) and adds them to row_sum. A row that has seen no key keeps the maximum
  // -infinity.
  void (*softmax)(float* scores, int rows, float* row_max, float* row_sum, float* correction);

  // output = output * correction + weights[row][64] * V tile; the product of a tile is summed on its own
  // first, so that rounding grows with the number of tiles, not of keys.
  void (*accumulate)(const float* weights, int rows, const float* v_tile, int panels, const float* correction,
                     float* output);

  // y = 2^x for x <= 0; 0 below -100. Relative error at most 2e-7; exactly 1 at 0. `count` is a multiple
  // of 8.
  void (*exp2)(const float* x, float* y, std::size_t count);

  // For the peaks: `rounds` of independent multiply-adds in registers; returns the number of floating-point
  // operations.
  double (*multiply_add)(std::int64_t rounds);

  // The sum of `count` words (a multiple of 32) modulo 2^64, as fast as memory delivers them.
  std::uint64_t (*read)(const std::uint64_t* words, std::size_t count);
};

const TileOps& plain_tile_ops();

// Nothing when the processor lacks AVX2 or FMA.
const TileOps* avx2_tile_ops();

// The fastest that this processor can run.
const TileOps& best_tile_ops();

}  // namespace spanwise::kernels
