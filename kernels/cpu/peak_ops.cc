// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/peak_ops.h"

#include <immintrin.h>

#include <stdexcept>
#include <string>

namespace spanwise::kernels {
namespace {

// Sums that hide the latency of a multiply-add; with the operands they fit the registers.
constexpr int kFewChains = 12, kManyChains = 24;

// The empty assembly hides the values of the operands, so that the chains are not computed in advance, and keeps
// the sums alive.
#define SPANWISE_HIDE(a, b) __asm__ volatile("" : "+v"(a), "+v"(b))
#define SPANWISE_KEEP(sum) __asm__ volatile("" : : "v"(sum))

double multiply_add_plain(std::int64_t rounds) {
  typedef float V __attribute__((vector_size(16)));
  V sums[kFewChains], a = V{} + 0.5f, b = V{} + 1.0f;
  for (int i = 0; i < kFewChains; ++i) sums[i] = V{} + static_cast<float>(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
    __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
    for (int i = 0; i < kFewChains; ++i) sums[i] = sums[i] * a + b;
  }
  for (int i = 0; i < kFewChains; ++i) __asm__ volatile("" : : "x"(sums[i]));
  return static_cast<double>(rounds) * kFewChains * 4 * 2;
}

__attribute__((target("avx2,fma"))) double multiply_add_avx2(std::int64_t rounds) {
  __m256 sums[kFewChains], a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(1.0f);
  for (int i = 0; i < kFewChains; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
    __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
    for (int i = 0; i < kFewChains; ++i) sums[i] = _mm256_fmadd_ps(sums[i], a, b);
  }
  for (int i = 0; i < kFewChains; ++i) __asm__ volatile("" : : "x"(sums[i]));
  return static_cast<double>(rounds) * kFewChains * 8 * 2;
}

__attribute__((target("avx512f"))) double multiply_add_avx512(std::int64_t rounds) {
  __m512 sums[kManyChains], a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(1.0f);
  for (int i = 0; i < kManyChains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
    SPANWISE_HIDE(a, b);
#pragma GCC unroll 24
    for (int i = 0; i < kManyChains; ++i) sums[i] = _mm512_fmadd_ps(sums[i], a, b);
  }
  for (int i = 0; i < kManyChains; ++i) SPANWISE_KEEP(sums[i]);
  return static_cast<double>(rounds) * kManyChains * 16 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) double multiply_add_bf16(std::int64_t rounds) {
  __m512 sums[kManyChains];
  __m512i a = _mm512_set1_epi32(0x3f003f00), b = _mm512_set1_epi32(0x3f803f80);  // 0.5 and 1
  for (int i = 0; i < kManyChains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
    SPANWISE_HIDE(a, b);
#pragma GCC unroll 24
    for (int i = 0; i < kManyChains; ++i) {
      sums[i] = _mm512_dpbf16_ps(sums[i], reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
    }
  }
  for (int i = 0; i < kManyChains; ++i) SPANWISE_KEEP(sums[i]);
  return static_cast<double>(rounds) * kManyChains * 32 * 2;
}

// Four sum tiles, which hide the latency of one product of tiles; the operands are tiles of zeros.
__attribute__((target("amx-tile,amx-bf16"))) double multiply_add_amx(std::int64_t rounds) {
  struct alignas(64) Config {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  };
  static constexpr Config kConfig;
  _tile_loadconfig(&kConfig);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (std::int64_t round = 0; round < rounds; ++round) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return static_cast<double>(rounds) * 4 * (16 * 16 * 32) * 2;
}

constexpr std::size_t kReadChains = 8;

std::uint64_t read_plain(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sums[kReadChains] = {};
  for (std::size_t i = 0; i < count; i += kReadChains) {
    for (std::size_t j = 0; j < kReadChains; ++j) sums[j] += words[i + j];
  }
  std::uint64_t total = 0;
  for (const auto part : sums) total += part;
  return total;
}

__attribute__((target("avx2"))) std::uint64_t read_avx2(const std::uint64_t* words, std::size_t count) {
  __m256i sums[kReadChains];
  for (auto& part : sums) part = _mm256_setzero_si256();
  for (std::size_t i = 0; i < count; i += kReadChains * 4) {
#pragma GCC unroll 8
    for (std::size_t chain = 0; chain < kReadChains; ++chain) {
      const auto* source = reinterpret_cast<const __m256i*>(words + i + 4 * chain);
      sums[chain] = _mm256_add_epi64(sums[chain], _mm256_load_si256(source));
    }
  }
  for (std::size_t chain = 1; chain < kReadChains; ++chain) sums[0] = _mm256_add_epi64(sums[0], sums[chain]);
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums[0]);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

__attribute__((target("avx512f"))) std::uint64_t read_avx512(const std::uint64_t* words, std::size_t count) {
  __m512i sums[kReadChains];
  for (auto& part : sums) part = _mm512_setzero_si512();
  for (std::size_t i = 0; i < count; i += kReadChains * 8) {
#pragma GCC unroll 8
    for (std::size_t chain = 0; chain < kReadChains; ++chain) {
      sums[chain] = _mm512_add_epi64(sums[chain], _mm512_load_si512(words + i + 8 * chain));
    }
  }
  for (std::size_t chain = 1; chain < kReadChains; ++chain) sums[0] = _mm512_add_epi64(sums[0], sums[chain]);
  alignas(64) std::uint64_t lanes[8];
  _mm512_store_si512(lanes, sums[0]);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + lanes[4] + lanes[5] + lanes[6] + lanes[7];
}

constexpr PeakOps kOps[] = {{"x86-64", multiply_add_plain, read_plain},
                            {"avx2", multiply_add_avx2, read_avx2},
                            {"avx512", multiply_add_avx512, read_avx512},
                            {"avx512_bf16", multiply_add_bf16, read_avx512},
                            {"amx_bf16", multiply_add_amx, read_avx512}};

}  // namespace

const PeakOps& peak_ops(std::string_view isa) {
  for (const auto& ops : kOps) {
    if (ops.isa == isa) return ops;
  }
  throw std::logic_error("peak_ops: " + std::string(isa));
}

}  // namespace spanwise::kernels
