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
      shrink[half] = ptx::exp2_fast(before - from[half]);
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
      const float a = ptx::exp2_fast(fmaf(scores[2 * i], scale, -from[i % 2]));
      const float b = ptx::exp2_fast(fmaf(scores[2 * i + 1], scale, -from[i % 2]));
      weights[i] = pack<T>(a, b);
      total[i % 2] += a;
      total[i % 2] += b;
    }
  }
};

}  // namespace spanwise::kernels
