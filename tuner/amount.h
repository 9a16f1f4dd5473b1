// SPDX-License-Identifier: Apache-2.0
// Sums that do not depend on the order of adding. Search compares millions of partial sums, ties included; in
// double the same assignment has another sum in another order. So the numbers of a problem are put on one
// fixed-point grid of 126 bits first, and from there on all sums and comparisons are exact.
#pragma once

#include <cstddef>

namespace spanwise::tuner {

__extension__ typedef __int128 Amount;

class AmountScale {
 public:
  // The finest grid on which `count` numbers of magnitude up to `largest` add up without overflow. Numbers
  // that lie within a factor of 2^(71 - log2 count) of `largest` lose no bit of their 53 (5,120 numbers:
  // 2^58); smaller ones are rounded to the grid, an error below 2^-(124 - log2 count) of `largest` each.
  static AmountScale fit(double largest, std::size_t count);

  Amount nearest(double x) const;      // rounded to the nearest grid point
  Amount up(double x) const;           // rounded up: sums of these never understate a cost
  double number(Amount amount) const;  // rounded once to the nearest double

  // The largest amount whose number() is at most `limit`: a sum keeps a limit when its rounded value does, so
  // that ten costs of 0.1 keep a limit of 1.
  Amount largest_within(double limit) const;

 private:
  explicit AmountScale(int shift);

  int shift_;    // an amount is its number times 2^shift
  double unit_;  // 2^-shift
};

// Whether a * b < c * d, exactly; none is negative.
bool product_less(Amount a, Amount b, Amount c, Amount d);

}  // namespace spanwise::tuner
