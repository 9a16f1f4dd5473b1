// SPDX-License-Identifier: Apache-2.0
// The vector type of AVX-512 for simd_tile_ops.h; included behind a target that has it.
#pragma once

#include <immintrin.h>

#include "kernels/cpu/simd_tile_ops.h"

namespace spanwise::kernels {
namespace {

struct Avx512 {
  using V = __m512;
  static constexpr int kLanes = 16;
  // 24 sums: fewer loads a product than with 16, which four instructions a cycle would not keep up with. A tile of 64
  // rows is five of these blocks and one of 4 rows, so nothing is padded.
  static constexpr int kRows = 12;
  static constexpr int kPanels = 2;

  static SPANWISE_INLINE V zero() { return _mm512_setzero_ps(); }
  static SPANWISE_INLINE V set(float x) { return _mm512_set1_ps(x); }
  static SPANWISE_INLINE V load(const float* p) { return _mm512_load_ps(p); }
  static SPANWISE_INLINE void store(float* p, V v) { _mm512_store_ps(p, v); }
  static SPANWISE_INLINE V load_any(const float* p) { return _mm512_loadu_ps(p); }
  static SPANWISE_INLINE void store_any(float* p, V v) { _mm512_storeu_ps(p, v); }
  static SPANWISE_INLINE V add(V a, V b) { return _mm512_add_ps(a, b); }
  static SPANWISE_INLINE V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  static SPANWISE_INLINE V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static SPANWISE_INLINE V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static SPANWISE_INLINE V max(V a, V b) { return _mm512_max_ps(a, b); }
  static SPANWISE_INLINE V fms(V a, V b, V c) { return _mm512_fmsub_ps(a, b, c); }
  static SPANWISE_INLINE V fraction(V x, V& power) {
    const V f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEAREST_INT);
    power = sub(x, f);
    return f;
  }
  static SPANWISE_INLINE V scale_by_power(V p, V power, V x) {
    // "Not less than", true for NaN as well, so that a NaN stays one.
    const __mmask16 above = _mm512_cmp_ps_mask(x, set(kExp2Floor), _CMP_NLT_UQ);
    return _mm512_maskz_scalef_ps(above, p, power);
  }
  static SPANWISE_INLINE V hide(V score, std::uint32_t bits) {
    return _mm512_mask_blend_ps(static_cast<__mmask16>(bits), set(-kInfinity), score);
  }
  static SPANWISE_INLINE float largest(V v) { return _mm512_reduce_max_ps(v); }
  static SPANWISE_INLINE float sum(V v) { return _mm512_reduce_add_ps(v); }
  static SPANWISE_INLINE void largest_each(const V (&v)[4], float* to) {
    const auto four = each(v, [](auto a, auto b) SPANWISE_FLAT { return Narrow::max(a, b); });
    _mm_store_ps(to, four);
  }
  static SPANWISE_INLINE void sum_each(const V (&v)[4], float* to) {
    const auto four = each(v, [](auto a, auto b) SPANWISE_FLAT { return Narrow::add(a, b); });
    _mm_store_ps(to, four);
  }
  static SPANWISE_INLINE V from_bf16(const std::uint16_t* p) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(p)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
  }
  static SPANWISE_INLINE V from_fp16(const std::uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(p)));
  }

 private:
  // The operations of vectors of every width.
  struct Narrow {
    static SPANWISE_INLINE __m512 max(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
    static SPANWISE_INLINE __m256 max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
    static SPANWISE_INLINE __m128 max(__m128 a, __m128 b) { return _mm_max_ps(a, b); }
    static SPANWISE_INLINE __m512 add(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }
    static SPANWISE_INLINE __m256 add(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }
    static SPANWISE_INLINE __m128 add(__m128 a, __m128 b) { return _mm_add_ps(a, b); }
  };
  // Four vectors to one number each: pairs of them are interleaved, then halves laid over each other.
  template <class Join>
  static SPANWISE_INLINE __m128 each(const V (&v)[4], const Join& join) {
    const V ab = join(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));
    const V cd = join(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
    const __m512d even = _mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    const __m512d odd = _mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    const V all = join(_mm512_castpd_ps(even), _mm512_castpd_ps(odd));
    const __m256 half = join(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
    return join(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  }
};

}  // namespace
}  // namespace spanwise::kernels
