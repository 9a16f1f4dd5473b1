// SPDX-License-Identifier: Apache-2.0
// The two 16-bit number formats of the kernels.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

namespace spanwise::kernels {

template <class T>
inline constexpr bool kBf16 = false;
template <>
inline constexpr bool kBf16<__nv_bfloat16> = true;

// Two numbers in a register, `low` in the low half.
template <class T>
__device__ inline std::uint32_t pack(float low, float high) {
  std::uint32_t packed;
  if constexpr (kBf16<T>) {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  } else {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  }
  return packed;
}

}  // namespace spanwise::kernels
