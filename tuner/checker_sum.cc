// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_sum.h"

#include <cmath>

namespace spanwise::tuner {
namespace {

constexpr std::int64_t kBase = 1ll << 32;
constexpr int kLowest = -1074;

}  // namespace

void WideSum::add(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  auto mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  int position = exponent - 53 - kLowest;
  if (position < 0) {  // a subnormal: its low bits are zero
    mantissa /= 1ll << -position;
    position = 0;
  }
  const std::int64_t sign = mantissa < 0 ? -1 : 1;
  __extension__ typedef unsigned __int128 Wide;
  Wide bits = static_cast<Wide>(static_cast<std::uint64_t>(sign * mantissa)) << (position % 32);
  for (auto digit = static_cast<std::size_t>(position / 32); bits != 0; ++digit, bits >>= 32) {
    digits_[digit] += sign * static_cast<std::int64_t>(static_cast<std::uint32_t>(bits));
  }
  if (++pending_ == 1 << 20) carry();
}

// Afterwards all digits but the last are in [0, base); the last has the sign.
void WideSum::carry() {
  for (std::size_t i = 0; i + 1 < kDigits; ++i) {
    std::int64_t over = digits_[i] / kBase;
    if (digits_[i] % kBase < 0) --over;
    digits_[i] -= over * kBase;
    digits_[i + 1] += over;
  }
  pending_ = 0;
}

double WideSum::value() const {
  WideSum sum = *this;
  sum.carry();
  const bool negative = sum.digits_[kDigits - 1] < 0;
  if (negative) {
    for (auto& digit : sum.digits_) digit = -digit;
    sum.carry();
  }
  int top = kDigits - 1;
  while (top >= 0 && sum.digits_[static_cast<std::size_t>(top)] == 0) --top;
  if (top < 0) return 0.0;
  // The leading 64 bits or more, then one sticky bit for everything below; the hardware rounds 64 bits to 53.
  const int low = top > 1 ? top - 2 : 0;
  __extension__ typedef unsigned __int128 Wide;
  Wide lead = 0;
  for (int i = top; i >= low; --i) {
    lead = (lead << 32) | static_cast<Wide>(sum.digits_[static_cast<std::size_t>(i)]);
  }
  bool sticky = false;
  for (int i = 0; i < low; ++i) sticky = sticky || sum.digits_[static_cast<std::size_t>(i)] != 0;
  int exponent = kLowest + 32 * low;
  while ((lead >> 63) > 1) {
    sticky = sticky || (lead & 1) != 0;
    lead >>= 1;
    ++exponent;
  }
  const double rounded = static_cast<double>(static_cast<std::uint64_t>(lead) | (sticky ? 1u : 0u));
  return std::ldexp(negative ? -rounded : rounded, exponent);
}

}  // namespace spanwise::tuner
