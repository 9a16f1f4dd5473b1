// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace spanwise::tuner {

// An accumulator as wide as the whole range of doubles (Kulisch): adding is integer addition, so the sum is
// exact, and value() rounds it once to the nearest double, ties to even.
class WideSum {
 public:
  void add(double x);
  double value() const;

 private:
  // Little-endian digits in base 2^32, carries deferred; digit 0 counts 2^-1074.
  static constexpr int kDigits = 69;
  std::array<std::int64_t, kDigits> digits_{};
  int pending_ = 0;
  void carry();
};

}  // namespace spanwise::tuner
