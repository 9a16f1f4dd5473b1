// SPDX-License-Identifier: Apache-2.0
// Exponentials and the online softmax of simd_tile_ops.h over its vector type S. In an unnamed namespace, as all of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "kernels/cpu/exp2_polynomial.h"
#include "kernels/cpu/simd_operands.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// x = power + f, f in [-1/2, 1/2]; the low bits of `power` are the integer. For vector types without an instruction.
template <class S>
SPANWISE_INLINE typename S::V fraction_by_shift(typename S::V x, typename S::V& power) {
  const auto shift = S::set(kRoundShift);
  power = S::add(x, shift);
  return S::sub(x, S::sub(power, shift));
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

template <class S, bool Short>
void exp2_all(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += S::kLanes) S::store(y + i, exp2_of<S, Short>(S::load(x + i)));
}

}  // namespace
}  // namespace spanwise::kernels
