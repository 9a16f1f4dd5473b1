// SPDX-License-Identifier: Apache-2.0
// The tile operations over a vector type, for the files of the instruction sets, which include this behind their
// `#pragma GCC target`: everything here is in an unnamed namespace, so that each file has its own copy, compiled
// for its own instructions.
//
// A vector type S gives: V, kLanes, kRows x kPanels (the block whose sums stay in registers), zero, load, store,
// set, add, sub, mul, fma, max (the second where one is NaN), scale_by_power (p * 2^n, 0 below the floor), hide,
// largest, sum, from_bf16, from_fp16.
//
// An operand type B says what is multiplied: Left (queries and weights in memory), Right (K and V in memory) and
// multiply_add of one left word, broadcast, with a vector of right words. Left words have four bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "kernels/cpu/exp2_polynomial.h"
#include "kernels/cpu/simd_operands.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Up to this many rows K and V are widened inside the inner loop; beyond, once for all rows.
constexpr int kDirectRows = 8;

// The sums of Rows x (16 * Panels) products.
template <class S, int Rows, int Panels>
struct Block {
  static constexpr int kVectors = Panels * kPanel / S::kLanes;
  typename S::V sums[Rows][kVectors];

  SPANWISE_INLINE void clear() {
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[r][v] = S::zero();
    }
  }

  // sums += rows[r][0, depth) * panels[depth][16]
  template <class B>
  SPANWISE_INLINE void multiply(const typename B::Left* rows, std::ptrdiff_t depth,
                                const typename B::Right* const (&panels)[Panels]) {
    constexpr int kPerPanel = kPanel / S::kLanes;
#pragma GCC unroll 4
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      decltype(B::right(panels[0])) right[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        right[v] = B::right(panels[v / kPerPanel] + k * kPanel + v % kPerPanel * S::kLanes);
      }
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const auto left = B::left(rows + r * kRowStride + k);
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sums[r][v] = B::multiply_add(left, right[v], sums[r][v]);
      }
    }
  }
};

// Calls use.template operator()<n>(row) for blocks of Rows rows, what is left in thirds of it, then one by one.
template <int Rows, class Use>
SPANWISE_INLINE void in_row_blocks(int row, int rows, const Use& use) {
  for (; row + Rows <= rows; row += Rows) use.template operator()<Rows>(row);
  if constexpr (Rows > 1) {
    if (row < rows) in_row_blocks<std::max(1, Rows / 3)>(row, rows, use);
  }
}

// Scores of Panels chunks.
template <class S, class B, int Panels>
SPANWISE_INLINE void score_chunks(const typename B::Left* queries, int rows, std::ptrdiff_t depth,
                                  const typename B::Right* const (&panels)[Panels], float* scores) {
  in_row_blocks<S::kRows>(0, rows, [&]<int Rows>(int row) SPANWISE_FLAT {
    Block<S, Rows, Panels> block;
    block.clear();
    block.template multiply<B>(queries + row * kRowStride, depth, panels);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < block.kVectors; ++v) {
        S::store(scores + (row + r) * kRowStride + v * S::kLanes, block.sums[r][v]);
      }
    }
  });
}

template <class S, class B, int Panels>
SPANWISE_INLINE void score_some(const typename B::Left* queries, int rows, std::ptrdiff_t depth,
                                const Chunk* chunks, float* scores) {
  const typename B::Right* panels[Panels];
  for (int p = 0; p < Panels; ++p) panels[p] = static_cast<const typename B::Right*>(chunks[p].keys);
  if constexpr (kWidens<B>) {
    if (rows > kDirectRows) {
      alignas(64) float wide[Panels][kMaxHeadDim * kPanel];
      const float* wide_panels[Panels];
      for (int p = 0; p < Panels; ++p) {
        widen<S, B>(panels[p], depth * kPanel, wide[p]);
        wide_panels[p] = wide[p];
      }
      return score_chunks<S, typename B::Wide, Panels>(queries, rows, depth, wide_panels, scores);
    }
  }
  score_chunks<S, B, Panels>(queries, rows, depth, panels, scores);
}

template <class S, class B>
void scores_of(const void* queries, int rows, int depth, std::span<const Chunk> chunks, float* scores) {
  const auto* left = static_cast<const typename B::Left*>(queries);
  const std::ptrdiff_t words = depth / B::kKeysPerWord;
  std::size_t c = 0;
  for (; c + S::kPanels <= chunks.size(); c += S::kPanels) {
    score_some<S, B, S::kPanels>(left, rows, words, chunks.data() + c, scores + c * kChunk);
  }
  if constexpr (S::kPanels > 1) {
    for (; c < chunks.size(); ++c) score_some<S, B, 1>(left, rows, words, chunks.data() + c, scores + c * kChunk);
  }
}

template <class S>
void mask_of(float* scores, int rows, const std::uint64_t* words, int first_bit) {
  for (int row = 0; row < rows; ++row) {
    auto bits = static_cast<std::uint32_t>(words[row] >> first_bit) & 0xffff;
    if (bits == 0xffff) continue;
    float* score = scores + row * kRowStride;
    for (int column = 0; column < kChunk; column += S::kLanes, bits >>= S::kLanes) {
      S::store(score + column, S::hide(S::load(score + column), bits));
    }
  }
}

template <class S, bool Short>
SPANWISE_INLINE typename S::V exp2_of(typename S::V x) {
  const auto shift = S::set(kRoundShift);
  const auto shifted = S::add(x, shift);
  const auto f = S::sub(x, S::sub(shifted, shift));
  constexpr int kDegree = Short ? 4 : 5;
  const float* coefficients = Short ? kShortExp2Coefficients : kExp2Coefficients;
  auto p = S::set(coefficients[kDegree - 1]);
#pragma GCC unroll 8
  for (int i = kDegree - 2; i >= 0; --i) p = S::fma(p, f, S::set(coefficients[i]));
  p = S::fma(p, f, S::set(1.0f));
  return S::scale_by_power(p, shifted, x);
}

// fp32 weights, in place.
template <class S>
struct Fp32Weights {
  static constexpr bool kShort = false;
  static SPANWISE_INLINE void store(float* row, std::ptrdiff_t column, typename S::V weights) {
    S::store(row + column, weights);
  }
};

template <class S>
SPANWISE_INLINE float row_largest(const float* score, int keys) {
  auto even = S::load(score);
  auto odd = S::load(score + S::kLanes);
  if constexpr (S::kLanes == kChunk) odd = even;
  std::ptrdiff_t column = S::kLanes == kChunk ? S::kLanes : 2 * S::kLanes;
  for (; column + 2 * S::kLanes <= keys; column += 2 * S::kLanes) {
    even = S::max(even, S::load(score + column));
    odd = S::max(odd, S::load(score + column + S::kLanes));
  }
  for (; column < keys; column += S::kLanes) even = S::max(even, S::load(score + column));
  return S::largest(S::max(even, odd));
}

// Replaces the scores of one row by their weights; the sum of the weights.
template <class S, class W>
SPANWISE_INLINE float row_weights(float* score, int keys, float scale, float maximum) {
  const auto offset = S::set(maximum);
  const auto factor = S::set(scale);
  auto sum = S::zero();
  auto other = S::zero();
  const auto weigh = [&](std::ptrdiff_t column) SPANWISE_FLAT {
    const auto x = S::sub(S::mul(S::load(score + column), factor), offset);
    const auto weight = exp2_of<S, W::kShort>(x);
    W::store(score, column, weight);
    return weight;
  };
  std::ptrdiff_t column = 0;
  for (; column + 2 * S::kLanes <= keys; column += 2 * S::kLanes) {
    sum = S::add(sum, weigh(column));
    other = S::add(other, weigh(column + S::kLanes));
  }
  if constexpr (S::kLanes == kChunk) {
    if (column < keys) sum = S::add(sum, weigh(column));
  }
  return S::sum(S::add(sum, other));
}

template <class S, class W>
void softmax_of(float* scores, int rows, int keys, float scale, float* row_max, float* row_sum,
                float* correction) {
  for (int row = 0; row < rows; ++row) {
    const float before = row_max[row];
    const float best = row_largest<S>(scores + row * kRowStride, keys) * scale;
    row_max[row] = best > before ? best : before;
    correction[row] = before;
  }
  // Where no key was seen yet the maximum is -infinity: any finite offset gives weights of 0.
  const auto offset = [&](int row) { return row_max[row] == -kInfinity ? 0.0f : row_max[row]; };
  alignas(64) float shrink[kQueryTile];
  std::fill_n(shrink, kQueryTile, 0.0f);
  for (int row = 0; row < rows; ++row) shrink[row] = correction[row] - offset(row);
  for (int row = 0; row < rows; row += S::kLanes) {
    S::store(shrink + row, exp2_of<S, false>(S::load(shrink + row)));
  }
  for (int row = 0; row < rows; ++row) {
    correction[row] = shrink[row];
    const float sum = row_weights<S, W>(scores + row * kRowStride, keys, scale, offset(row));
    row_sum[row] = row_sum[row] * correction[row] + sum;
  }
}

// Panels dimension panels of the output.
template <class S, class B, int Panels>
SPANWISE_INLINE void accumulate_panels(const float* weights, int rows, const typename B::Right* const* values,
                                       std::size_t chunks, std::int64_t panel_stride, const float* correction,
                                       float* output) {
  constexpr std::ptrdiff_t kWords = kChunk / B::kKeysPerWord;
  const auto* left = reinterpret_cast<const typename B::Left*>(weights);
  in_row_blocks<S::kRows>(0, rows, [&]<int Rows>(int row) SPANWISE_FLAT {
    Block<S, Rows, Panels> block;
    block.clear();
    for (std::size_t c = 0; c < chunks; ++c) {
      const typename B::Right* panels[Panels];
      for (int p = 0; p < Panels; ++p) panels[p] = values[c] + p * panel_stride;
      block.template multiply<B>(left + row * kRowStride + static_cast<std::ptrdiff_t>(c) * kWords, kWords, panels);
    }
    constexpr int kPerPanel = kPanel / S::kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const auto factor = S::set(correction[row + r]);
#pragma GCC unroll 16
      for (int v = 0; v < block.kVectors; ++v) {
        float* target = output + (v / kPerPanel * kQueryTile + row + r) * kPanel + v % kPerPanel * S::kLanes;
        S::store(target, S::fma(S::load(target), factor, block.sums[r][v]));
      }
    }
  });
}

template <class S, class B, int Panels>
SPANWISE_INLINE void accumulate_some(const float* weights, int rows, std::span<const Chunk> chunks, int panel,
                                     std::int64_t panel_stride, const float* correction, float* output) {
  const typename B::Right* values[kMaxStripChunks];
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    values[c] = static_cast<const typename B::Right*>(chunks[c].values) + panel * panel_stride;
  }
  float* target = output + panel * kQueryTile * kPanel;
  if constexpr (kWidens<B>) {
    if (rows > kDirectRows) {
      alignas(64) float wide[kMaxStripChunks][Panels][kChunk * kPanel];
      const float* wide_values[kMaxStripChunks];
      for (std::size_t c = 0; c < chunks.size(); ++c) {
        for (int p = 0; p < Panels; ++p) widen<S, B>(values[c] + p * panel_stride, kChunk * kPanel, wide[c][p]);
        wide_values[c] = wide[c][0];
      }
      return accumulate_panels<S, typename B::Wide, Panels>(weights, rows, wide_values, chunks.size(),
                                                            kChunk * kPanel, correction, target);
    }
  }
  accumulate_panels<S, B, Panels>(weights, rows, values, chunks.size(), panel_stride, correction, target);
}

// panel_stride counts elements; a word of a pair holds two.
template <class S, class B>
void accumulate_of(const float* weights, int rows, std::span<const Chunk> chunks, std::int64_t panel_stride,
                   int panels, const float* correction, float* output) {
  const std::int64_t stride = panel_stride / B::kKeysPerWord;
  int panel = 0;
  for (; panel + S::kPanels <= panels; panel += S::kPanels) {
    accumulate_some<S, B, S::kPanels>(weights, rows, chunks, panel, stride, correction, output);
  }
  if constexpr (S::kPanels > 1) {
    for (; panel < panels; ++panel) {
      accumulate_some<S, B, 1>(weights, rows, chunks, panel, stride, correction, output);
    }
  }
}

template <class S, bool Short>
void exp2_all(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += S::kLanes) S::store(y + i, exp2_of<S, Short>(S::load(x + i)));
}

// The three dtypes of an instruction set that multiplies in fp32.
template <class S, class B>
constexpr TileOps fp32_arithmetic(std::string_view isa, core::DType dtype) {
  TileOps ops;
  ops.isa = isa;
  ops.dtype = dtype;
  ops.scores = scores_of<S, B>;
  ops.mask = mask_of<S>;
  ops.softmax = softmax_of<S, Fp32Weights<S>>;
  ops.accumulate = accumulate_of<S, B>;
  ops.exp2 = exp2_all<S, false>;
  return ops;
}

template <class S>
struct Fp32Arithmetic {
  static constexpr TileOps make(std::string_view isa, core::DType dtype) {
    if (dtype == core::DType::kBf16) return fp32_arithmetic<S, HalfOperands<S, core::DType::kBf16>>(isa, dtype);
    if (dtype == core::DType::kFp16) return fp32_arithmetic<S, HalfOperands<S, core::DType::kFp16>>(isa, dtype);
    return fp32_arithmetic<S, Fp32Operands<S>>(isa, core::DType::kFp32);
  }
};

}  // namespace
}  // namespace spanwise::kernels
