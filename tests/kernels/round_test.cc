// SPDX-License-Identifier: Apache-2.0
#include "kernels/round.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "core/random.h"

namespace {

using namespace spanwise::kernels;

// The nearest value with `bits` bits of significand, by trying both neighbours in double.
double nearest(double value, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  const double scaled = std::ldexp(fraction, bits);
  const double down = std::floor(scaled);
  const double gap = scaled - down;
  const bool even = std::fmod(down, 2.0) == 0;
  return std::ldexp(gap < 0.5 || (gap == 0.5 && even) ? down : down + 1, exponent - bits);
}

TEST_CASE("rounding to 16 bits goes to the nearest, ties to even") {
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const float value = spanwise::core::random_normal(spanwise::core::random_bits(1, 2, i));
    CHECK(static_cast<double>(round_to_bf16(value)) == nearest(static_cast<double>(value), 8));
    if (std::abs(value) >= 0x1p-14f) {
      CHECK(static_cast<double>(round_to_fp16(value)) == nearest(static_cast<double>(value), 11));
    }
  }
  CHECK(round_to_bf16(1.00390625f) == 1.0f);       // a tie: 1 + 2^-8
  CHECK(round_to_bf16(1.01171875f) == 1.015625f);  // a tie: 1 + 3 * 2^-8
  CHECK(round_to_fp16(0x1.8p-25f) == 0x1p-24f);    // below the normal numbers
  CHECK(round_to_fp16(0.0f) == 0.0f);
}

TEST_CASE("fp32 stays as it is") {
  std::array<float, 2> values = {1.2345678f, -0.1f};
  round_to(spanwise::core::DType::kFp32, values);
  CHECK(values[0] == 1.2345678f);
  CHECK(values[1] == -0.1f);
}

}  // namespace
