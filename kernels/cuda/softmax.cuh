// SPDX-License-Identifier: Apache-2.0
// Scores to weights, in the registers that a tensor-core product left them in; the same for wgmma and mma.sync.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cuda/forward.h"
#include "kernels/cuda/half_types.cuh"

namespace spanwise::kernels {

constexpr float kLog2E = 1.44269504088896f;
constexpr float kLn2 = 0.693147180559945f;

// 2^x, relative error about 2e-7; 0 for -infinity.
__device__ inline float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// Largest or sum over the four threads that share a row.
template <class Op>
__device__ inline float over_row(float value, Op op) {
  value = op(value, __shfl_xor_sync(0xffffffffu, value, 1));
  return op(value, __shfl_xor_sync(0xffffffffu, value, 2));
}

// Scores and online softmax of the two rows of a thread (registers as in wgmma.cuh; of a count of four, two belong to the row 8 below). Base 2.
//
// The largest score of a tile is not looked for unless it matters: weights relative to an older, lower origin are as
// exact as long as nothing overflows, which their sum tells (FlashAttention-4 skips rescaling for a rise of up to 2^8;
// this skips the maximum as well).
template <class T, int Count>
struct Softmax {
  static constexpr int kPairs = Count / 2;
  // Of the weights of a tile in one thread; below the largest fp16 number, so that none overflows when it is packed.
  static constexpr float kMostSum = 32768;

  float origin[2] = {-INFINITY, -INFINITY};  // scaled score whose weight is 1; -infinity: no key seen yet
  float sum[2] = {0, 0};                     // of this thread's weights

  // Bit (column % 32) of words[row][column / 32] clear: the key is not seen.
  __device__ static void mask(float (&scores)[Count], const std::uint32_t* const (&words)[2], int quad) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        const std::uint32_t bits = words[half][j / 4] >> (8 * (j % 4) + 2 * quad);
        if ((bits & 1) == 0) scores[4 * j + 2 * half] = -INFINITY;
        if ((bits & 2) == 0) scores[4 * j + 2 * half + 1] = -INFINITY;
      }
    }
  }

  // Weights of the scores in the present origin; false, and nothing changed but `weights`, where they are too large for
  // it or there is none (infinity minus infinity fails the comparison too). All lanes of a warp get the same answer.
  __device__ bool add(const float (&scores)[Count], float scale, std::uint32_t (&weights)[kPairs]) {
    float total[2];
    weigh(scores, scale, origin, weights, total);
    if (!__all_sync(0xffffffffu, total[0] <= kMostSum && total[1] <= kMostSum)) return false;
    sum[0] += total[0];
    sum[1] += total[1];
    return true;
  }

  // The same with the origin at the largest score so far; `shrink` is the factor by which earlier sums and outputs shrink.
  __device__ void add_and_move(const float (&scores)[Count], float scale, std::uint32_t (&weights)[kPairs],
                               float (&shrink)[2]) {
    float from[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float largest = scores[2 * half];
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        largest = fmaxf(largest, fmaxf(scores[4 * j + 2 * half], scores[4 * j + 2 * half + 1]));
      }
      largest = over_row(largest, [](float a, float b) { return fmaxf(a, b); }) * scale;
      const float before = origin[half];
      origin[half] = fmaxf(before, largest);
      from[half] = origin[half] == -INFINITY ? 0.0f : origin[half];
      shrink[half] = exp2_fast(before - from[half]);
    }
    float total[2];
    weigh(scores, scale, from, weights, total);
    sum[0] = fmaf(sum[0], shrink[0], total[0]);
    sum[1] = fmaf(sum[1], shrink[1], total[1]);
  }

 private:
  __device__ static void weigh(const float (&scores)[Count], float scale, const float (&from)[2],
                               std::uint32_t (&weights)[kPairs], float (&total)[2]) {
    total[0] = total[1] = 0;
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
      const float a = exp2_fast(fmaf(scores[2 * i], scale, -from[i % 2]));
      const float b = exp2_fast(fmaf(scores[2 * i + 1], scale, -from[i % 2]));
      weights[i] = pack<T>(a, b);
      total[i % 2] += a;
      total[i % 2] += b;
    }
  }
};

// What a row is multiplied with at its end, and its log-sum-exp.
struct RowEnd {
  float share, log_sum_exp;
};

// Not inlined: the registers of the Hopper kernel are counted.
inline __device__ __noinline__ RowEnd end_row_with_sink(float origin, float sum, float sink) {
  const float logit = sink * kLog2E;
  const float top = fmaxf(origin, logit);
  const float kept = exp2_fast(origin - top);
  const float total = fmaf(sum, kept, exp2_fast(logit - top));
  return {kept / total, (top + log2f(total)) * kLn2};
}

// `sum` is of the whole row; `sink` is the logit that takes its share of the weights but has no value, or null. A row that
// saw no key gets share 0 and -infinity or the logit.
__device__ inline RowEnd end_row(float origin, float sum, const float* sink) {
  if (sink != nullptr) return end_row_with_sink(origin, sum, *sink);
  return sum > 0 ? RowEnd{1.0f / sum, (origin + log2f(sum)) * kLn2} : RowEnd{0, -INFINITY};
}

__device__ inline const float* sink_of(const ForwardOutput& output, const WorkItem& item) {
  return output.sink_logits == nullptr ? nullptr : output.sink_logits + item.q_head % output.sink_heads;
}

}  // namespace spanwise::kernels
