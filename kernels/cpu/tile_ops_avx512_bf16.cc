// SPDX-License-Identifier: Apache-2.0
// AVX-512 BF16: products of bf16 pairs with fp32 sums. Weights are rounded to bf16.
#include <immintrin.h>

#include <algorithm>
#include <span>

#include "kernels/cpu/tile_ops.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c")
#include "kernels/cpu/bf16_dot_operands.h"
#pragma GCC pop_options

namespace spanwise::kernels {

std::span<const TileOps> avx512_bf16_tile_ops() {
  static constexpr TileOps kOps[] = {bf16_dot_ops("avx512_bf16")};
  __builtin_cpu_init();
  const bool runs = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return runs ? std::span<const TileOps>(kOps) : std::span<const TileOps>();
}

}  // namespace spanwise::kernels
