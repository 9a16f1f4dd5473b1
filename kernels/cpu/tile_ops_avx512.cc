// SPDX-License-Identifier: Apache-2.0
// AVX-512; 16-bit inputs are widened to fp32.
#include <immintrin.h>

#include <algorithm>
#include <span>

#include "kernels/cpu/tile_ops.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
#include "kernels/cpu/avx512_vector.h"
#pragma GCC pop_options

namespace spanwise::kernels {

std::span<const TileOps> avx512_tile_ops() {
  static constexpr std::string_view kIsa = "avx512";
  static constexpr TileOps kOps[] = {Fp32Arithmetic<Avx512>::make(kIsa, core::DType::kFp32),
                                     Fp32Arithmetic<Avx512>::make(kIsa, core::DType::kBf16),
                                     Fp32Arithmetic<Avx512>::make(kIsa, core::DType::kFp16)};
  __builtin_cpu_init();
  const bool runs = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return runs ? std::span<const TileOps>(kOps) : std::span<const TileOps>();
}

}  // namespace spanwise::kernels
