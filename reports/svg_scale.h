// SPDX-License-Identifier: Apache-2.0
// From values to coordinates of a chart, and where to put the ticks.
#pragma once

#include <vector>

namespace spanwise::reports {

class Scale {
 public:
  // Maps [low, high] onto [from, to] (in user units; from > to for a vertical axis). An empty range is
  // widened.
  static Scale linear(double low, double high, double from, double to);
  // low and high above 0; values at or below 0 map to `from`.
  static Scale logarithmic(double low, double high, double from, double to);

  double operator()(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }

  // Ascending, inside the range. Linear: 1, 2 or 5 times a power of ten apart, about `count` of them.
  // Logarithmic: powers of ten, with their multiples by 2 and 5 where there is room for `count`.
  std::vector<double> ticks(int count) const;

 private:
  Scale(double low, double high, double from, double to, bool logarithmic)
      : low_(low), high_(high), from_(from), to_(to), logarithmic_(logarithmic) {}

  double low_, high_, from_, to_;
  bool logarithmic_;
};

}  // namespace spanwise::reports
