// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace spanwise::patterns {

// Quotients by one divisor of integers in [0, 2^52), several times as fast as dividing. Powers of two, which most tiles
// are, are shifts. For others a product with the rounded inverse is off by less than one, as doubles hold the integers
// exactly, and the remainder says in which direction.
class Divisor {
 public:
  explicit Divisor(std::int64_t divisor) : divisor_(divisor) {
    if ((divisor & (divisor - 1)) == 0) {
      shift_ = std::countr_zero(static_cast<std::uint64_t>(divisor));
    } else {
      inverse_ = 1 / static_cast<double>(divisor);
    }
  }

  std::int64_t floor(std::int64_t x) const {
    if (shift_ >= 0) return x >> shift_;
    const auto quotient = static_cast<std::int64_t>(static_cast<double>(x) * inverse_);
    const std::int64_t rest = x - quotient * divisor_;
    return quotient + (rest >= divisor_ ? 1 : 0) - (rest < 0 ? 1 : 0);
  }
  std::int64_t ceil(std::int64_t x) const { return floor(x + divisor_ - 1); }

 private:
  std::int64_t divisor_;
  int shift_ = -1;
  double inverse_ = 0;
};

}  // namespace spanwise::patterns
