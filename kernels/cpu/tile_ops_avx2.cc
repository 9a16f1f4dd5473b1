// SPDX-License-Identifier: Apache-2.0
// AVX2 + FMA. Every function names its instruction set itself, so the file is compiled without special flags
// and the program runs on any x86-64.
#include <immintrin.h>

#include <limits>

#include "kernels/cpu/exp2_polynomial.h"
#include "kernels/cpu/tile_ops.h"

#define SPANWISE_AVX2 __attribute__((target("avx2,fma")))
#define SPANWISE_AVX2_INLINE __attribute__((target("avx2,fma"), always_inline)) inline

namespace spanwise::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kLanes = 8;

// A block of 4 rows by 16 columns: 8 sums, as many as two multiply-add units of latency 4 keep busy.
struct Block {
  __m256 row0[2], row1[2], row2[2], row3[2];
};

// rows[r][0, depth) * panel[depth][16]
SPANWISE_AVX2_INLINE Block multiply(const float* rows, int stride, int depth, const float* panel) {
  Block block;
  for (int half = 0; half < 2; ++half) {
    block.row0[half] = block.row1[half] = block.row2[half] = block.row3[half] = _mm256_setzero_ps();
  }
  const float* row0 = rows;
  const float* row1 = row0 + stride;
  const float* row2 = row1 + stride;
  const float* row3 = row2 + stride;
#pragma GCC unroll 4
  for (std::ptrdiff_t k = 0; k < depth; ++k) {
    const __m256 left = _mm256_load_ps(panel + k * kPanel);
    const __m256 right = _mm256_load_ps(panel + k * kPanel + kLanes);
    const __m256 a0 = _mm256_broadcast_ss(row0 + k);
    block.row0[0] = _mm256_fmadd_ps(a0, left, block.row0[0]);
    block.row0[1] = _mm256_fmadd_ps(a0, right, block.row0[1]);
    const __m256 a1 = _mm256_broadcast_ss(row1 + k);
    block.row1[0] = _mm256_fmadd_ps(a1, left, block.row1[0]);
    block.row1[1] = _mm256_fmadd_ps(a1, right, block.row1[1]);
    const __m256 a2 = _mm256_broadcast_ss(row2 + k);
    block.row2[0] = _mm256_fmadd_ps(a2, left, block.row2[0]);
    block.row2[1] = _mm256_fmadd_ps(a2, right, block.row2[1]);
    const __m256 a3 = _mm256_broadcast_ss(row3 + k);
    block.row3[0] = _mm256_fmadd_ps(a3, left, block.row3[0]);
    block.row3[1] = _mm256_fmadd_ps(a3, right, block.row3[1]);
  }
  return block;
}

SPANWISE_AVX2_INLINE void store(float* row, const __m256 (&values)[2]) {
  _mm256_store_ps(row, values[0]);
  _mm256_store_ps(row + kLanes, values[1]);
}

SPANWISE_AVX2 void scores_avx2(const float* queries, int rows, int depth, const float* k_tile,
                               float* scores) {
  for (int column = 0; column < kKeyTile; column += kPanel) {
    const float* panel = k_tile + static_cast<std::ptrdiff_t>(column) * depth;
    for (int row = 0; row < rows; row += kRowGroup) {
      const Block block = multiply(queries + static_cast<std::ptrdiff_t>(row) * depth, depth, depth, panel);
      float* target = scores + row * kKeyTile + column;
      store(target, block.row0);
      store(target + kKeyTile, block.row1);
      store(target + 2 * kKeyTile, block.row2);
      store(target + 3 * kKeyTile, block.row3);
    }
  }
}

SPANWISE_AVX2 void mask_avx2(float* scores, int rows, const std::uint64_t* words) {
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256 hidden = _mm256_set1_ps(-kInfinity);
  for (int row = 0; row < rows; ++row) {
    std::uint64_t word = words[row];
    if (word == ~std::uint64_t{0}) continue;
    float* score = scores + row * kKeyTile;
    for (int column = 0; column < kKeyTile; column += kLanes, word >>= kLanes) {
      const __m256i byte = _mm256_set1_epi32(static_cast<int>(word & 0xff));
      const __m256i seen = _mm256_cmpeq_epi32(_mm256_and_si256(byte, bits), bits);
      const __m256 old = _mm256_load_ps(score + column);
      _mm256_store_ps(score + column, _mm256_blendv_ps(hidden, old, _mm256_castsi256_ps(seen)));
    }
  }
}

SPANWISE_AVX2_INLINE __m256 exp2_of(__m256 x) {
  const __m256 shift = _mm256_set1_ps(kRoundShift);
  const __m256 shifted = _mm256_add_ps(x, shift);
  const __m256 f = _mm256_sub_ps(x, _mm256_sub_ps(shifted, shift));
  __m256 p = _mm256_set1_ps(kExp2Coefficients[4]);
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(kExp2Coefficients[3]));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(kExp2Coefficients[2]));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(kExp2Coefficients[1]));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(kExp2Coefficients[0]));
  p = _mm256_fmadd_ps(p, f, _mm256_set1_ps(1.0f));
  const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
  const __m256 power = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent));
  // "Not less than", true for NaN as well, so that a NaN stays one.
  const __m256 above = _mm256_cmp_ps(x, _mm256_set1_ps(kExp2Floor), _CMP_NLT_UQ);
  return _mm256_and_ps(power, above);
}

SPANWISE_AVX2_INLINE float largest(__m256 values) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

SPANWISE_AVX2_INLINE float sum(__m256 values) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

SPANWISE_AVX2_INLINE float row_largest(const float* score) {
  __m256 best[4];
  for (int i = 0; i < 4; ++i) {
    best[i] = _mm256_max_ps(_mm256_load_ps(score + i * kLanes), _mm256_load_ps(score + (i + 4) * kLanes));
  }
  return largest(_mm256_max_ps(_mm256_max_ps(best[0], best[1]), _mm256_max_ps(best[2], best[3])));
}

// Replaces the scores of one row by their weights; the sum of the weights.
SPANWISE_AVX2_INLINE float row_weights(float* score, float maximum) {
  const __m256 offset = _mm256_set1_ps(maximum);
  __m256 even = _mm256_setzero_ps();
  __m256 odd = _mm256_setzero_ps();
#pragma GCC unroll 4
  for (int column = 0; column < kKeyTile; column += 2 * kLanes) {
    const __m256 first = exp2_of(_mm256_sub_ps(_mm256_load_ps(score + column), offset));
    const __m256 second = exp2_of(_mm256_sub_ps(_mm256_load_ps(score + column + kLanes), offset));
    _mm256_store_ps(score + column, first);
    _mm256_store_ps(score + column + kLanes, second);
    even = _mm256_add_ps(even, first);
    odd = _mm256_add_ps(odd, second);
  }
  return sum(_mm256_add_ps(even, odd));
}

SPANWISE_AVX2 void softmax_avx2(float* scores, int rows, float* row_max, float* row_sum, float* correction) {
  for (int row = 0; row < rows; ++row) {
    const float before = row_max[row];
    const float best = row_largest(scores + row * kKeyTile);
    row_max[row] = best > before ? best : before;
    correction[row] = before;
  }
  for (int row = 0; row < rows; row += kRowGroup) {
    // Where no key was seen yet the maximum is -infinity: any finite offset gives weights of 0.
    const __m128 maximum = _mm_load_ps(row_max + row);
    const __m128 unseen = _mm_cmpeq_ps(maximum, _mm_set1_ps(-kInfinity));
    const __m128 offset = _mm_andnot_ps(unseen, maximum);
    const __m128 shrink = _mm_sub_ps(_mm_load_ps(correction + row), offset);
    const __m128 factor = _mm256_castps256_ps128(exp2_of(_mm256_castps128_ps256(shrink)));
    _mm_store_ps(correction + row, factor);
    alignas(16) float offsets[kRowGroup];
    alignas(16) float sums[kRowGroup];
    _mm_store_ps(offsets, offset);
    for (int i = 0; i < kRowGroup; ++i) sums[i] = row_weights(scores + (row + i) * kKeyTile, offsets[i]);
    const __m128 total = _mm_fmadd_ps(_mm_load_ps(row_sum + row), factor, _mm_load_ps(sums));
    _mm_store_ps(row_sum + row, total);
  }
}

SPANWISE_AVX2_INLINE void add_product(float* output, float correction, const __m256 (&product)[2]) {
  const __m256 factor = _mm256_set1_ps(correction);
  _mm256_store_ps(output, _mm256_fmadd_ps(_mm256_load_ps(output), factor, product[0]));
  _mm256_store_ps(output + kLanes, _mm256_fmadd_ps(_mm256_load_ps(output + kLanes), factor, product[1]));
}

SPANWISE_AVX2 void accumulate_avx2(const float* weights, int rows, const float* v_tile, int panels,
                                   const float* correction, float* output) {
  for (int panel = 0; panel < panels; ++panel) {
    for (int row = 0; row < rows; row += kRowGroup) {
      const Block block =
          multiply(weights + row * kKeyTile, kKeyTile, kKeyTile, v_tile + panel * kKeyTile * kPanel);
      float* target = output + (panel * kQueryTile + row) * kPanel;
      add_product(target, correction[row], block.row0);
      add_product(target + kPanel, correction[row + 1], block.row1);
      add_product(target + 2 * kPanel, correction[row + 2], block.row2);
      add_product(target + 3 * kPanel, correction[row + 3], block.row3);
    }
  }
}

SPANWISE_AVX2 void exp2_avx2(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) _mm256_store_ps(y + i, exp2_of(_mm256_load_ps(x + i)));
}

SPANWISE_AVX2 double multiply_add_avx2(std::int64_t rounds) {
  constexpr int kChains = 12;
  __m256 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  __m256 factor = _mm256_set1_ps(0.5f);
  __m256 term = _mm256_set1_ps(1.0f);
  for (std::int64_t round = 0; round < rounds; ++round) {
    // Hides the operands' values, so that the chains are not computed in advance.
    __asm__ volatile("" : "+x"(factor), "+x"(term));
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = _mm256_fmadd_ps(sums[i], factor, term);
  }
  for (int i = 0; i < kChains; ++i) __asm__ volatile("" : : "x"(sums[i]));
  return static_cast<double>(rounds) * kChains * kLanes * 2;
}

SPANWISE_AVX2 std::uint64_t read_avx2(const std::uint64_t* words, std::size_t count) {
  constexpr int kChains = 8;
  __m256i sums[kChains];
  for (auto& part : sums) part = _mm256_setzero_si256();
  for (std::size_t i = 0; i < count; i += kChains * 4) {
#pragma GCC unroll 8
    for (int chain = 0; chain < kChains; ++chain) {
      const auto* source = reinterpret_cast<const __m256i*>(words + i + 4 * chain);
      sums[chain] = _mm256_add_epi64(sums[chain], _mm256_load_si256(source));
    }
  }
  for (int chain = 1; chain < kChains; ++chain) sums[0] = _mm256_add_epi64(sums[0], sums[chain]);
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums[0]);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

constexpr TileOps kAvx2 = {"avx2",          scores_avx2, mask_avx2,         softmax_avx2,
                           accumulate_avx2, exp2_avx2,   multiply_add_avx2, read_avx2};

}  // namespace

const TileOps* avx2_tile_ops() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2 : nullptr;
}

}  // namespace spanwise::kernels
