// SPDX-License-Identifier: Apache-2.0
// Vectors of four floats, which every x86-64 has: for processors without AVX2 and as a second opinion in the
// tests.
#include <bit>
#include <cstring>

#include "kernels/cpu/simd_tile_ops.h"
#include "kernels/rounding.h"

namespace spanwise::kernels {
namespace {

struct Sse {
  typedef float V __attribute__((vector_size(16)));
  typedef std::int32_t I __attribute__((vector_size(16)));
  typedef std::uint32_t U __attribute__((vector_size(16)));  // sums of bits wrap around
  static constexpr int kLanes = 4;
  static constexpr int kRows = 2;  // eight sums of 16 registers
  static constexpr int kPanels = 1;

  static SPANWISE_INLINE V zero() { return V{}; }
  static SPANWISE_INLINE V set(float x) { return V{x, x, x, x}; }
  static SPANWISE_INLINE V load(const float* p) {
    V v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  static SPANWISE_INLINE void store(float* p, V v) { std::memcpy(p, &v, sizeof(v)); }
  static SPANWISE_INLINE V load_any(const float* p) { return load(p); }
  static SPANWISE_INLINE void store_any(float* p, V v) { store(p, v); }
  static SPANWISE_INLINE V add(V a, V b) { return a + b; }
  static SPANWISE_INLINE V sub(V a, V b) { return a - b; }
  static SPANWISE_INLINE V mul(V a, V b) { return a * b; }
  static SPANWISE_INLINE V fma(V a, V b, V c) { return a * b + c; }
  static SPANWISE_INLINE V max(V a, V b) { return a > b ? a : b; }
  static SPANWISE_INLINE V fms(V a, V b, V c) { return a * b - c; }
  static SPANWISE_INLINE V fraction(V x, V& power) { return fraction_by_shift<Sse>(x, power); }
  static SPANWISE_INLINE V scale_by_power(V p, V shifted, V x) {
    const U bits = std::bit_cast<U>(p) + (std::bit_cast<U>(shifted) << 23);
    // "Less than" is false for NaN, so that a NaN stays one.
    const I below = x < set(kExp2Floor);
    return std::bit_cast<V>(bits & ~std::bit_cast<U>(below));
  }
  static SPANWISE_INLINE V hide(V score, std::uint32_t bits) {
    for (int i = 0; i < kLanes; ++i) score[i] = (bits >> i & 1) != 0 ? score[i] : -kInfinity;
    return score;
  }
  static SPANWISE_INLINE float largest(V v) { return std::max(std::max(v[0], v[1]), std::max(v[2], v[3])); }
  static SPANWISE_INLINE float sum(V v) { return (v[0] + v[2]) + (v[1] + v[3]); }
  static SPANWISE_INLINE void largest_each(const V (&v)[4], float* to) {
    for (int i = 0; i < 4; ++i) to[i] = largest(v[i]);
  }
  static SPANWISE_INLINE void sum_each(const V (&v)[4], float* to) {
    for (int i = 0; i < 4; ++i) to[i] = sum(v[i]);
  }
  static SPANWISE_INLINE V from_bf16(const std::uint16_t* p) {
    return V{float_of_bf16(p[0]), float_of_bf16(p[1]), float_of_bf16(p[2]), float_of_bf16(p[3])};
  }
  static SPANWISE_INLINE V from_fp16(const std::uint16_t* p) {
    return V{float_of_fp16(p[0]), float_of_fp16(p[1]), float_of_fp16(p[2]), float_of_fp16(p[3])};
  }
};

constexpr std::string_view kIsa = "x86-64";
constexpr TileOps kOps[] = {Fp32Arithmetic<Sse>::make(kIsa, core::DType::kFp32),
                            Fp32Arithmetic<Sse>::make(kIsa, core::DType::kBf16),
                            Fp32Arithmetic<Sse>::make(kIsa, core::DType::kFp16)};

}  // namespace

std::span<const TileOps> plain_tile_ops() {
  return kOps;
}

}  // namespace spanwise::kernels
