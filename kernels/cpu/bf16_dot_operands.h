// SPDX-License-Identifier: Apache-2.0
// Products of bf16 pairs (vdpbf16ps) and bf16 weights for simd_tile_ops.h; included behind a target that has
// AVX-512 BF16.
#pragma once

#include "kernels/cpu/avx512_vector.h"

namespace spanwise::kernels {
namespace {

struct Bf16DotOperands {
  using Left = std::uint32_t;  // two bf16 values
  using Right = std::uint32_t;
  using Wide = Bf16DotOperands;
  static constexpr int kKeysPerWord = 2;
  static SPANWISE_INLINE __m512i left(const std::uint32_t* word) {
    return _mm512_set1_epi32(static_cast<int>(*word));
  }
  static SPANWISE_INLINE __m512i right(const std::uint32_t* words) { return _mm512_load_si512(words); }
  static SPANWISE_INLINE __m512 multiply_add(__m512i a, __m512i b, __m512 sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
};

// bf16 weights over the front half of the row's scores.
struct Bf16Weights {
  static constexpr bool kShort = true;
  static constexpr int kVectors = 2;  // stored at once
  static SPANWISE_INLINE void store(float* row, std::ptrdiff_t column, const __m512 (&weights)[2]) {
    auto* target = reinterpret_cast<std::uint16_t*>(row) + column;
    _mm512_storeu_si512(target, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(weights[1], weights[0])));
  }
  static SPANWISE_INLINE void store(float* row, std::ptrdiff_t column, const __m512 (&weights)[1]) {
    auto* target = reinterpret_cast<__m256i*>(reinterpret_cast<std::uint16_t*>(row) + column);
    _mm256_store_si256(target, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(weights[0])));
  }
};

// The upper half of a value of the dtype is its bf16. Scores of scale 0 come from queries of 0.
inline void load_bf16_query(const float* query, int dim, int depth, float factor, void* row) {
  auto* to = static_cast<std::uint16_t*>(row);
  int i = 0;
  for (; factor != 0.0f && i < dim; i += kChunk) {
    const auto used = static_cast<__mmask16>((1u << std::min(kChunk, dim - i)) - 1);
    const __m512i words = _mm512_castps_si512(_mm512_maskz_loadu_ps(used, query + i));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to + i), _mm512_cvtepi32_epi16(_mm512_srli_epi32(words, 16)));
  }
  std::fill(to + i, to + std::max(i, depth), std::uint16_t{0});
}

constexpr TileOps bf16_dot_ops(std::string_view isa) {
  TileOps ops;
  ops.isa = isa;
  ops.dtype = core::DType::kBf16;
  ops.form = Form::kPairs;
  ops.depth_step = 2;
  ops.strip_chunks = kMaxStripChunks;
  ops.stretch_strips = 256;  // bf16 weights round far more than long sums
  ops.load_query = load_bf16_query;
  ops.store_output = store_output_of<Avx512>;
  ops.scores = scores_of<Avx512, Bf16DotOperands>;
  ops.mask = mask_of<Avx512>;
  ops.softmax = softmax_of<Avx512, Bf16Weights>;
  ops.accumulate = accumulate_of<Avx512, Bf16DotOperands>;
  ops.exp2 = exp2_all<Avx512, true>;
  return ops;
}

}  // namespace
}  // namespace spanwise::kernels
