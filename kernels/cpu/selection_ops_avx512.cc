// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/cpu/selection_ops.h"
#include "kernels/cpu/top_k.h"
#include "kernels/rounding.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#include "kernels/cpu/selection_loops.h"

namespace spanwise::kernels {
namespace {

struct Avx512Picks {
  static std::uint32_t above(const float* p, float x) {
    return _mm512_cmp_ps_mask(_mm512_loadu_ps(p), _mm512_set1_ps(x), _CMP_GT_OQ);
  }
  static std::uint32_t equal(const float* p, float x) {
    return _mm512_cmp_ps_mask(_mm512_loadu_ps(p), _mm512_set1_ps(x), _CMP_EQ_OQ);
  }
  // Compressed in a register and stored whole: a compressing store is microcode on Zen 4.
  static std::size_t pack(std::int32_t first, std::uint32_t bits, std::int32_t* out) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i indices = _mm512_add_epi32(_mm512_set1_epi32(first), lanes);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(static_cast<__mmask16>(bits), indices));
    return static_cast<std::size_t>(std::popcount(bits));
  }
};

}  // namespace
#pragma GCC pop_options

const SelectionOps& avx512_selection_ops() {
  static constexpr SelectionOps kOps = Loops<Avx512Picks>::make("avx512");
  return kOps;
}

}  // namespace spanwise::kernels
