// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace spanwise::tuner {

// The exact sum of the doubles added so far, rounded once: the same for every order of adding.
// Non-overlapping partial sums (Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997, section 2.4).
class ExactSum {
 public:
  void add(double x);
  double value() const;

 private:
  std::vector<double> partials_;  // increasing magnitude, none overlapping
};

}  // namespace spanwise::tuner
