// SPDX-License-Identifier: Apache-2.0
#include "tuner/amount.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace spanwise::tuner {
namespace {

constexpr int kSumBits = 124;   // sums stay below 2^124, so a difference or a small multiple still fits
constexpr int kMaxShift = 960;  // keeps number() away from subnormals, where it would round twice
constexpr Amount kUnlimited = static_cast<Amount>(1) << 125;

struct Parts {
  std::int64_t mantissa;  // 53 bits and the sign
  int exponent;           // x = mantissa * 2^exponent
};

Parts parts_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const auto field = static_cast<int>((bits >> 52) & 0x7ff);
  auto mantissa = static_cast<std::int64_t>(bits & ((1ull << 52) - 1));
  if (field != 0) mantissa |= 1ll << 52;
  return {(bits >> 63) != 0 ? -mantissa : mantissa, std::max(field, 1) - 1075};
}

__extension__ typedef unsigned __int128 Wide;

struct Product {
  Wide high, low;
};

Product multiply(Wide a, Wide b) {
  constexpr Wide kLow = ~static_cast<std::uint64_t>(0);
  const Wide a0 = a & kLow, a1 = a >> 64, b0 = b & kLow, b1 = b >> 64;
  const Wide low = a0 * b0, cross1 = a0 * b1, cross2 = a1 * b0;
  const Wide middle = (low >> 64) + (cross1 & kLow) + (cross2 & kLow);
  return {a1 * b1 + (cross1 >> 64) + (cross2 >> 64) + (middle >> 64), (middle << 64) | (low & kLow)};
}

}  // namespace

AmountScale::AmountScale(int shift) : shift_(shift), unit_(std::ldexp(1.0, -shift)) {}

AmountScale AmountScale::fit(double largest, std::size_t count) {
  int exponent = 0;
  std::frexp(largest, &exponent);  // largest < 2^exponent
  const auto count_bits = static_cast<int>(std::bit_width(std::max<std::size_t>(count, 1)));
  return AmountScale(std::min(kSumBits - count_bits - exponent, kMaxShift));
}

Amount AmountScale::nearest(double x) const {
  const auto [mantissa, exponent] = parts_of(x);
  const int shift = exponent + shift_;
  if (shift >= 0) return static_cast<Amount>(mantissa) << shift;
  if (shift < -62) return 0;
  return (mantissa + (1ll << (-shift - 1))) >> -shift;
}

Amount AmountScale::up(double x) const {
  const auto [mantissa, exponent] = parts_of(x);
  const int shift = exponent + shift_;
  if (shift >= 0) return static_cast<Amount>(mantissa) << shift;
  if (shift < -62) return mantissa > 0 ? 1 : 0;
  return -(-mantissa >> -shift);
}

double AmountScale::number(Amount amount) const {
  return static_cast<double>(amount) * unit_;
}

Amount AmountScale::largest_within(double limit) const {
  if (number(kUnlimited) <= limit) return kUnlimited;
  if (number(-kUnlimited) > limit) return -kUnlimited;
  Amount within = -kUnlimited, beyond = kUnlimited;
  while (beyond - within > 1) {
    const Amount middle = within + (beyond - within) / 2;
    (number(middle) <= limit ? within : beyond) = middle;
  }
  return within;
}

bool product_less(Amount a, Amount b, Amount c, Amount d) {
  const auto left = multiply(static_cast<Wide>(a), static_cast<Wide>(b));
  const auto right = multiply(static_cast<Wide>(c), static_cast<Wide>(d));
  return left.high < right.high || (left.high == right.high && left.low < right.low);
}

}  // namespace spanwise::tuner
