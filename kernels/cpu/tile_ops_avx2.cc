// SPDX-License-Identifier: Apache-2.0
// AVX2, FMA and F16C. The target is set here and not by the build, so the program runs on any x86-64.
#include <immintrin.h>

#include "kernels/cpu/tile_ops.h"
#include "kernels/rounding.h"

#include <bit>
#include <span>

#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#include "kernels/cpu/simd_tile_ops.h"

namespace spanwise::kernels {
namespace {

struct Avx2 {
  using V = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kRows = 6;  // with two vectors a panel 12 sums of 16 registers
  static constexpr int kPanels = 1;

  static SPANWISE_INLINE V zero() { return _mm256_setzero_ps(); }
  static SPANWISE_INLINE V set(float x) { return _mm256_set1_ps(x); }
  static SPANWISE_INLINE V load(const float* p) { return _mm256_load_ps(p); }
  static SPANWISE_INLINE void store(float* p, V v) { _mm256_store_ps(p, v); }
  static SPANWISE_INLINE V load_any(const float* p) { return _mm256_loadu_ps(p); }
  static SPANWISE_INLINE void store_any(float* p, V v) { _mm256_storeu_ps(p, v); }
  static SPANWISE_INLINE V add(V a, V b) { return _mm256_add_ps(a, b); }
  static SPANWISE_INLINE V sub(V a, V b) { return _mm256_sub_ps(a, b); }
  static SPANWISE_INLINE V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static SPANWISE_INLINE V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static SPANWISE_INLINE V max(V a, V b) { return _mm256_max_ps(a, b); }
  static SPANWISE_INLINE V fms(V a, V b, V c) { return _mm256_fmsub_ps(a, b, c); }
  static SPANWISE_INLINE V fraction(V x, V& power) { return fraction_by_shift<Avx2>(x, power); }
  static SPANWISE_INLINE V scale_by_power(V p, V shifted, V x) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
    const V power = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent));
    // "Not less than", true for NaN as well, so that a NaN stays one.
    return _mm256_and_ps(power, _mm256_cmp_ps(x, set(kExp2Floor), _CMP_NLT_UQ));
  }
  static SPANWISE_INLINE V hide(V score, std::uint32_t bits) {
    const __m256i lanes = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i seen = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lanes), lanes);
    return _mm256_blendv_ps(set(-kInfinity), score, _mm256_castsi256_ps(seen));
  }
  static SPANWISE_INLINE float largest(V v) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
  }
  static SPANWISE_INLINE float sum(V v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
  }
  static SPANWISE_INLINE void largest_each(const V (&v)[4], float* to) {
    const auto join = [](auto a, auto b) SPANWISE_FLAT { return _mm256_max_ps(a, b); };
    const V all = each(v, join);
    _mm_store_ps(to, _mm_max_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
  }
  static SPANWISE_INLINE void sum_each(const V (&v)[4], float* to) {
    const auto join = [](auto a, auto b) SPANWISE_FLAT { return _mm256_add_ps(a, b); };
    const V all = each(v, join);
    _mm_store_ps(to, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
  }
  static SPANWISE_INLINE V from_bf16(const std::uint16_t* p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
  }
  static SPANWISE_INLINE V from_fp16(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
  }

 private:
  // Four vectors to one number each in both halves: pairs of them are interleaved.
  template <class Join>
  static SPANWISE_INLINE V each(const V (&v)[4], const Join& join) {
    const V ab = join(_mm256_unpacklo_ps(v[0], v[1]), _mm256_unpackhi_ps(v[0], v[1]));
    const V cd = join(_mm256_unpacklo_ps(v[2], v[3]), _mm256_unpackhi_ps(v[2], v[3]));
    const __m256d even = _mm256_unpacklo_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd));
    const __m256d odd = _mm256_unpackhi_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd));
    return join(_mm256_castpd_ps(even), _mm256_castpd_ps(odd));
  }
};

}  // namespace
}  // namespace spanwise::kernels
#pragma GCC pop_options

namespace spanwise::kernels {

std::span<const TileOps> avx2_tile_ops() {
  static constexpr std::string_view kIsa = "avx2";
  static constexpr TileOps kOps[] = {Fp32Arithmetic<Avx2>::make(kIsa, core::DType::kFp32),
                                     Fp32Arithmetic<Avx2>::make(kIsa, core::DType::kBf16),
                                     Fp32Arithmetic<Avx2>::make(kIsa, core::DType::kFp16)};
  __builtin_cpu_init();
  const bool runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  return runs ? std::span<const TileOps>(kOps) : std::span<const TileOps>();
}

}  // namespace spanwise::kernels
