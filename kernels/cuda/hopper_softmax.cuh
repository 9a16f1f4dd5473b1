// SPDX-License-Identifier: Apache-2.0
// Scores to weights, in the registers that wgmma left them in.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cuda/ptx.cuh"
#include "kernels/cuda/wgmma.cuh"

namespace spanwise::kernels {

template <class T>
__device__ inline std::uint32_t pack(float low, float high) {
  std::uint32_t packed;
  if constexpr (wgmma::kBf16<T>) {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  } else {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  }
  return packed;
}

// Largest or sum over the four threads that share a row.
template <class Op>
__device__ inline float over_row(float value, Op op) {
  value = op(value, __shfl_xor_sync(0xffffffffu, value, 1));
  return op(value, __shfl_xor_sync(0xffffffffu, value, 2));
}

// Scores and online softmax of the two rows of a thread (registers as in wgmma.cuh). Base 2.
template <int Count>
struct Softmax {
  float top[2] = {-INFINITY, -INFINITY};  // largest score so far, not scaled
  float sum[2] = {0, 0};                  // of this thread's weights

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

  // Turns scores into weights; `shrink` is the factor by which earlier sums and outputs shrink. Exact although `top`
  // follows the largest score only when that has risen far: a weight may then be as large as 2^kSlack, which costs no
  // precision (FlashAttention-4 does the same).
  __device__ void step(float (&scores)[Count], float scale, float (&shrink)[2]) {
    constexpr float kSlack = 8;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float largest = scores[2 * half];
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        largest = fmaxf(largest, fmaxf(scores[4 * j + 2 * half], scores[4 * j + 2 * half + 1]));
      }
      largest = over_row(largest, [](float a, float b) { return fmaxf(a, b); });
      const float before = top[half];
      if ((largest - before) * scale > kSlack) top[half] = largest;  // false where both are -infinity
      const float origin = top[half] == -INFINITY ? 0.0f : top[half] * scale;
      shrink[half] = ptx::exp2_fast(fmaf(before, scale, -origin));
      float total = 0;
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        float& a = scores[4 * j + 2 * half];
        float& b = scores[4 * j + 2 * half + 1];
        a = ptx::exp2_fast(fmaf(a, scale, -origin));
        b = ptx::exp2_fast(fmaf(b, scale, -origin));
        total += a + b;
      }
      sum[half] = fmaf(sum[half], shrink[half], total);
    }
  }
};

}  // namespace spanwise::kernels
