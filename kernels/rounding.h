// SPDX-License-Identifier: Apache-2.0
// fp32 values as 16-bit ones and back, to the nearest and ties to even, as hardware does.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "core/dtype.h"

namespace spanwise::kernels {

constexpr float float_of_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// NaN stays NaN.
constexpr std::uint16_t bf16_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<std::uint16_t>((bits >> 16) | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

constexpr float float_of_fp16(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t rest = half & 0x7fff;
  if (rest >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  // The exponent field moves by the difference of the biases; the product makes subnormal numbers right.
  const float scaled = std::bit_cast<float>(rest << 13) * 0x1p112f;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | sign);
}

// Too large values become infinite.
constexpr std::uint16_t fp16_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const std::uint32_t rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return static_cast<std::uint16_t>(sign | 0x7e00);
  if (rest >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // 65520 rounds to infinity
  if (rest < 0x38800000) {  // below 2^-14: subnormal, in units of 2^-24; the addition rounds
    const float shifted = std::bit_cast<float>(rest) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000));
  }
  const std::uint32_t rounded = rest + 0xfff + (rest >> 13 & 1) - (112u << 23);
  return static_cast<std::uint16_t>(sign | rounded >> 13);
}

// The nearest value of the dtype; fp32 as it is.
constexpr float rounded_to(core::DType dtype, float value) {
  if (dtype == core::DType::kBf16) return float_of_bf16(bf16_of(value));
  if (dtype == core::DType::kFp16) return float_of_fp16(fp16_of(value));
  return value;
}

inline void round_all(core::DType dtype, std::span<float> values) {
  if (dtype == core::DType::kFp32) return;
  for (float& value : values) value = rounded_to(dtype, value);
}

}  // namespace spanwise::kernels
