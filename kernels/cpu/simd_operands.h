// SPDX-License-Identifier: Apache-2.0
// What the tile operations multiply, over a vector type (simd_tile_ops.h says what that gives): fp32 as it is, 16-bit values
// widened on the way. In an unnamed namespace, as all of simd_tile_ops.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

#define SPANWISE_FLAT __attribute__((always_inline))
#define SPANWISE_INLINE SPANWISE_FLAT inline

// Keeps a value in a register that the compiler would otherwise load again for each use.
template <class V>
SPANWISE_INLINE V in_register(V value) {
  __asm__("" : "+v"(value));
  return value;
}

// Asks memory for a line, into the second-level cache.
SPANWISE_INLINE void fetch_line(const void* address) {
  __builtin_prefetch(address, 0, 2);
}

template <class S>
struct Fp32Operands {
  using Left = float;
  using Right = float;
  using Wide = Fp32Operands;
  static constexpr int kKeysPerWord = 1;
  static SPANWISE_INLINE typename S::V left(const float* word) { return S::set(*word); }
  static SPANWISE_INLINE typename S::V right(const float* words) { return S::load(words); }
  static SPANWISE_INLINE typename S::V multiply_add(typename S::V a, typename S::V b, typename S::V sum) {
    return S::fma(a, b, sum);
  }
};

template <class S, core::DType kType>
struct HalfOperands {
  using Left = float;
  using Right = std::uint16_t;
  using Wide = Fp32Operands<S>;
  static constexpr int kKeysPerWord = 1;
  static SPANWISE_INLINE typename S::V left(const float* word) { return S::set(*word); }
  static SPANWISE_INLINE typename S::V right(const std::uint16_t* words) {
    if constexpr (kType == core::DType::kBf16) {
      return S::from_bf16(words);
    } else {
      return S::from_fp16(words);
    }
  }
  static SPANWISE_INLINE typename S::V multiply_add(typename S::V a, typename S::V b, typename S::V sum) {
    return S::fma(a, b, sum);
  }
};

template <class B>
constexpr bool kWidens = !std::is_same_v<typename B::Wide, B>;

template <class S, class B>
SPANWISE_INLINE void widen(const typename B::Right* from, const typename B::Right* coming, std::ptrdiff_t count,
                           float* to) {
#pragma GCC unroll 4
  for (std::ptrdiff_t i = 0; i < count; i += kPanel) {
    fetch_line(coming + i);
    for (std::ptrdiff_t j = i; j < i + kPanel; j += S::kLanes) S::store(to + j, B::right(from + j));
  }
}

}  // namespace
}  // namespace spanwise::kernels
