// SPDX-License-Identifier: Apache-2.0
// The tile operations over a vector type, for the files of the instruction sets, which include this behind their
// `#pragma GCC target`: everything here is in an unnamed namespace, so that each file has its own copy, compiled
// for its own instructions.
//
// A vector type S gives: V, kLanes, kRows x kPanels (the block whose sums stay in registers), zero, load, store,
// set, load_any and store_any (not aligned), add, sub, mul, fma, fms (a * b - c), max (the second where one is NaN), fraction and scale_by_power (the two ends
// of an exponential), hide, largest and sum of one vector, largest_each and sum_each of four, from_bf16, from_fp16.
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

// x = power + f, f in [-1/2, 1/2]; the low bits of `power` are the integer. For vector types without an instruction.
template <class S>
SPANWISE_INLINE typename S::V fraction_by_shift(typename S::V x, typename S::V& power) {
  const auto shift = S::set(kRoundShift);
  power = S::add(x, shift);
  return S::sub(x, S::sub(power, shift));
}

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

  // sums += rows[r][0, depth) * panels[depth][16]; with Fetch a line of `coming` is asked for with each line of a panel.
  template <class B, bool Fetch>
  SPANWISE_INLINE void multiply(const typename B::Left* rows, std::ptrdiff_t depth,
                                const typename B::Right* const (&panels)[Panels],
                                const typename B::Right* const (&coming)[Panels]) {
    constexpr int kPerPanel = kPanel / S::kLanes;
#pragma GCC unroll 4
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      decltype(B::right(panels[0])) right[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        right[v] = B::right(panels[v / kPerPanel] + k * kPanel + v % kPerPanel * S::kLanes);
        if (Fetch && v % kPerPanel == 0) fetch_line(coming[v / kPerPanel] + k * kPanel);
      }
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const auto left = in_register(B::left(rows + r * kRowStride + k));
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sums[r][v] = B::multiply_add(left, right[v], sums[r][v]);
      }
    }
  }
};

// The block that takes what blocks of Rows rows leave over.
constexpr int fewer_rows(int rows) {
  return rows > 8 ? 8 : rows > 4 ? 4 : rows > 2 ? 2 : 1;
}

// Calls use.template operator()<n, whether it is the first>(row) for blocks of Rows rows, then of ever fewer. Sixteen rows are two blocks of
// eight: blocks of four have too few sums to hide the latency of a multiply-add.
template <int Rows, class Use>
SPANWISE_INLINE void in_row_blocks(int row, int rows, const Use& use) {
  for (; row + Rows <= rows && (Rows <= 8 || rows - row != 16); row += Rows) {
    if (row == 0) {
      use.template operator()<Rows, true>(row);
    } else {
      use.template operator()<Rows, false>(row);
    }
  }
  if constexpr (Rows > 1) {
    if (row < rows) in_row_blocks<fewer_rows(Rows)>(row, rows, use);
  }
}

// Scores of Panels chunks.
template <class S, class B, int Panels>
SPANWISE_INLINE void score_chunks(const typename B::Left* queries, int rows, std::ptrdiff_t depth,
                                  const typename B::Right* const (&panels)[Panels],
                                  const typename B::Right* const (&coming)[Panels], float* scores) {
  in_row_blocks<S::kRows>(0, rows, [&]<int Rows, bool First>(int row) SPANWISE_FLAT {
    Block<S, Rows, Panels> block;
    block.clear();
    block.template multiply<B, First>(queries + row * kRowStride, depth, panels, coming);
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
  const typename B::Right *panels[Panels], *coming[Panels];
  for (int p = 0; p < Panels; ++p) {
    panels[p] = static_cast<const typename B::Right*>(chunks[p].keys);
    coming[p] = static_cast<const typename B::Right*>(chunks[p].coming_keys);
  }
  if constexpr (kWidens<B>) {
    if (rows > kDirectRows) {
      alignas(64) float wide[Panels][kMaxHeadDim * kPanel];
      const float *wide_panels[Panels], *none[Panels];
      for (int p = 0; p < Panels; ++p) {
        widen<S, B>(panels[p], coming[p], depth * kPanel, wide[p]);
        wide_panels[p] = none[p] = wide[p];
      }
      return score_chunks<S, typename B::Wide, Panels>(queries, rows, depth, wide_panels, none, scores);
    }
  }
  score_chunks<S, B, Panels>(queries, rows, depth, panels, coming, scores);
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
  typename S::V power;
  const auto f = S::fraction(x, power);
  constexpr int kDegree = Short ? 3 : 5;
  const float* coefficients = Short ? kShortExp2Coefficients : kExp2Coefficients;
  auto p = S::set(coefficients[kDegree - 1]);
#pragma GCC unroll 8
  for (int i = kDegree - 2; i >= 0; --i) p = S::fma(p, f, S::set(coefficients[i]));
  p = S::fma(p, f, S::set(1.0f));
  return S::scale_by_power(p, power, x);
}

// fp32 weights, in place.
template <class S>
struct Fp32Weights {
  static constexpr bool kShort = false;
  static constexpr int kVectors = 1;  // stored at once
  static SPANWISE_INLINE void store(float* row, std::ptrdiff_t column, const typename S::V (&weights)[1]) {
    S::store(row + column, weights[0]);
  }
};

// Rows of scores at a time: their sums are independent of each other, and four vectors are summed up in little more
// than the time of one.
constexpr int kSoftmaxRows = 4;

// The largest score of each row.
template <class S, int Rows>
SPANWISE_INLINE void largest_scores(const float* scores, int keys, float* largest) {
  typename S::V best[Rows];
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r) best[r] = S::load(scores + r * kRowStride);
  for (std::ptrdiff_t column = S::kLanes; column < keys; column += S::kLanes) {
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) best[r] = S::max(best[r], S::load(scores + r * kRowStride + column));
  }
  if constexpr (Rows == kSoftmaxRows) {
    S::largest_each(best, largest);
  } else {
    for (int r = 0; r < Rows; ++r) largest[r] = S::largest(best[r]);
  }
}

// Replaces Vectors vectors of scores of each row by their weights.
template <class S, class W, int Rows, int Vectors>
SPANWISE_INLINE void weigh_columns(float* scores, std::ptrdiff_t column, typename S::V scale,
                                   const typename S::V (&offsets)[Rows], typename S::V (&sums)[Rows]) {
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r) {
    float* row = scores + r * kRowStride;
    typename S::V weights[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      const auto score = S::load(row + column + v * S::kLanes);
      weights[v] = exp2_of<S, W::kShort>(S::fms(score, scale, offsets[r]));
      sums[r] = S::add(sums[r], weights[v]);
    }
    W::store(row, column, weights);
  }
}

// Replaces the scores of some rows by their weights; the sum of each row's weights.
template <class S, class W, int Rows>
SPANWISE_INLINE void weigh_rows(float* scores, int keys, float scale, const float* offset, float* sum) {
  typename S::V offsets[Rows], sums[Rows];
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r) offsets[r] = S::set(offset[r]), sums[r] = S::zero();
  const auto factor = S::set(scale);
  constexpr std::ptrdiff_t kStep = S::kLanes * W::kVectors;
  std::ptrdiff_t column = 0;
  for (; column + kStep <= keys; column += kStep) {
    weigh_columns<S, W, Rows, W::kVectors>(scores, column, factor, offsets, sums);
  }
  if constexpr (kStep > kChunk) {
    if (column < keys) weigh_columns<S, W, Rows, 1>(scores, column, factor, offsets, sums);
  }
  if constexpr (Rows == kSoftmaxRows) {
    S::sum_each(sums, sum);
  } else {
    for (int r = 0; r < Rows; ++r) sum[r] = S::sum(sums[r]);
  }
}

// Up to 16 rows. Where no key was seen yet the maximum is -infinity: any finite offset gives weights of 0.
template <class S, class W>
SPANWISE_INLINE void softmax_rows(float* scores, int rows, int keys, float scale, float* row_max, float* row_sum,
                                  float* correction) {
  constexpr int kRows = 16;
  alignas(64) float largest[kRows], offset[kRows], sum[kRows];
  for (int row = 0; row < kRows; ++row) largest[row] = -kInfinity, sum[row] = 0;
  int row = 0;
  for (; row + kSoftmaxRows <= rows; row += kSoftmaxRows) {
    largest_scores<S, kSoftmaxRows>(scores + row * kRowStride, keys, largest + row);
  }
  for (; row < rows; ++row) largest_scores<S, 1>(scores + row * kRowStride, keys, largest + row);
  for (int i = 0; i < kRows; i += S::kLanes) {
    const auto before = S::load(row_max + i);
    const auto now = S::max(S::mul(S::load(largest + i), S::set(scale)), before);
    const auto finite = S::max(now, S::set(std::numeric_limits<float>::lowest()));
    S::store(row_max + i, now);
    S::store(offset + i, finite);
    S::store(correction + i, exp2_of<S, false>(S::sub(before, finite)));
  }
  for (row = 0; row + kSoftmaxRows <= rows; row += kSoftmaxRows) {
    weigh_rows<S, W, kSoftmaxRows>(scores + row * kRowStride, keys, scale, offset + row, sum + row);
  }
  for (; row < rows; ++row) weigh_rows<S, W, 1>(scores + row * kRowStride, keys, scale, offset + row, sum + row);
  for (int i = 0; i < kRows; i += S::kLanes) {
    S::store(row_sum + i, S::fma(S::load(row_sum + i), S::load(correction + i), S::load(sum + i)));
  }
}

template <class S, class W>
void softmax_of(float* scores, int rows, int keys, float scale, float* row_max, float* row_sum,
                float* correction) {
  for (int row = 0; row < rows; row += 16) {
    softmax_rows<S, W>(scores + row * kRowStride, std::min(16, rows - row), keys, scale, row_max + row, row_sum + row,
                       correction + row);
  }
}

// Where the values of one chunk lie, and what to ask memory for meanwhile.
template <class Right>
struct ValuePlace {
  const Right* values;
  const Right* coming;
};

// Panels dimension panels of the output.
template <class S, class B, int Panels>
SPANWISE_INLINE void accumulate_panels(const float* weights, int rows, const ValuePlace<typename B::Right>* places,
                                       std::size_t chunks, std::int64_t panel_stride, const float* correction,
                                       float* output) {
  constexpr std::ptrdiff_t kWords = kChunk / B::kKeysPerWord;
  const auto* left = reinterpret_cast<const typename B::Left*>(weights);
  in_row_blocks<S::kRows>(0, rows, [&]<int Rows, bool First>(int row) SPANWISE_FLAT {
    Block<S, Rows, Panels> block;
    block.clear();
    for (std::size_t c = 0; c < chunks; ++c) {
      const typename B::Right *panels[Panels], *coming[Panels];
      for (int p = 0; p < Panels; ++p) {
        panels[p] = places[c].values + p * panel_stride;
        coming[p] = places[c].coming + p * panel_stride;
      }
      block.template multiply<B, First>(left + row * kRowStride + static_cast<std::ptrdiff_t>(c) * kWords, kWords,
                                        panels, coming);
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
  using Right = typename B::Right;
  ValuePlace<Right> places[kMaxStripChunks];
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    places[c] = {static_cast<const Right*>(chunks[c].values) + panel * panel_stride,
                 static_cast<const Right*>(chunks[c].coming_values) + panel * panel_stride};
  }
  float* target = output + panel * kQueryTile * kPanel;
  if constexpr (kWidens<B>) {
    if (rows > kDirectRows) {
      alignas(64) float wide[kMaxStripChunks][Panels][kChunk * kPanel];
      ValuePlace<float> wide_places[kMaxStripChunks];
      for (std::size_t c = 0; c < chunks.size(); ++c) {
        for (int p = 0; p < Panels; ++p) {
          widen<S, B>(places[c].values + p * panel_stride, places[c].coming + p * panel_stride, kChunk * kPanel,
                      wide[c][p]);
        }
        wide_places[c] = {wide[c][0], wide[c][0]};
      }
      return accumulate_panels<S, typename B::Wide, Panels>(weights, rows, wide_places, chunks.size(),
                                                            kChunk * kPanel, correction, target);
    }
  }
  accumulate_panels<S, B, Panels>(weights, rows, places, chunks.size(), panel_stride, correction, target);
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

template <class S>
void load_query_of(const float* query, int dim, int depth, float factor, void* row) {
  auto* to = static_cast<float*>(row);
  int i = 0;
  for (; i + S::kLanes <= dim; i += S::kLanes) S::store(to + i, S::mul(S::load_any(query + i), S::set(factor)));
  for (; i < dim; ++i) to[i] = query[i] * factor;
  std::fill(to + i, to + depth, 0.0f);
}

template <class S>
void store_output_of(const float* sums, int dim, float factor, float* output) {
  const auto place = [&](int i) { return sums + i / kPanel * kQueryTile * kPanel + i % kPanel; };
  int i = 0;
  for (; i + kPanel <= dim; i += kPanel) {
    for (int j = i; j < i + kPanel; j += S::kLanes) S::store_any(output + j, S::mul(S::load(place(j)), S::set(factor)));
  }
  for (; i < dim; ++i) output[i] = *place(i) * factor;
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
  ops.load_query = load_query_of<S>;
  ops.store_output = store_output_of<S>;
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
