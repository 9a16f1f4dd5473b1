// SPDX-License-Identifier: Apache-2.0
// Rounding to the 16-bit number formats, to nearest, ties to even; the result is a float that the format holds.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include "core/dtype.h"

namespace spanwise::kernels {

// Finite values only.
inline float round_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u);
}

// Values within +-65,504; below 2^-14 the format has a fixed step of 2^-24.
inline float round_to_fp16(float value) {
  const int exponent = value == 0 ? -14 : std::max(std::ilogb(value), -14);
  const float step = std::ldexp(1.0f, exponent - 10);
  return std::nearbyint(value / step) * step;
}

inline void round_to(core::DType dtype, std::span<float> values) {
  if (dtype == core::DType::kBf16) {
    for (auto& value : values) value = round_to_bf16(value);
  } else if (dtype == core::DType::kFp16) {
    for (auto& value : values) value = round_to_fp16(value);
  }
}

}  // namespace spanwise::kernels
