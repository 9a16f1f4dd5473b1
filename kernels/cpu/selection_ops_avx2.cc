// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/cpu/selection_ops.h"
#include "kernels/cpu/top_k.h"
#include "kernels/rounding.h"

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#include "kernels/cpu/selection_loops.h"

namespace spanwise::kernels {
namespace {

struct Avx2Picks {
  static std::uint32_t above(const float* p, float x) {
    const __m256 threshold = _mm256_set1_ps(x);
    return bits_of(_mm256_cmp_ps(_mm256_loadu_ps(p), threshold, _CMP_GT_OQ), _mm256_cmp_ps(_mm256_loadu_ps(p + 8), threshold, _CMP_GT_OQ));
  }
  static std::uint32_t equal(const float* p, float x) {
    const __m256 value = _mm256_set1_ps(x);
    return bits_of(_mm256_cmp_ps(_mm256_loadu_ps(p), value, _CMP_EQ_OQ), _mm256_cmp_ps(_mm256_loadu_ps(p + 8), value, _CMP_EQ_OQ));
  }
  static std::size_t pack(std::int32_t first, std::uint32_t bits, std::int32_t* out) {
    std::size_t found = 0;
    for (; bits != 0; bits &= bits - 1) out[found++] = first + std::countr_zero(bits);
    return found;
  }

 private:
  static std::uint32_t bits_of(__m256 low, __m256 high) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(low)) | static_cast<std::uint32_t>(_mm256_movemask_ps(high)) << 8;
  }
};

}  // namespace
#pragma GCC pop_options

const SelectionOps& avx2_selection_ops() {
  static constexpr SelectionOps kOps = Loops<Avx2Picks>::make("avx2");
  return kOps;
}

}  // namespace spanwise::kernels
