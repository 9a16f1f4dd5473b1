// SPDX-License-Identifier: Apache-2.0
#include "tuner/exact_sum.h"

#include <cmath>
#include <utility>

namespace spanwise::tuner {

void ExactSum::add(double x) {
  std::size_t kept = 0;
  for (double partial : partials_) {
    if (std::fabs(x) < std::fabs(partial)) std::swap(x, partial);
    const double high = x + partial;
    const double low = partial - (high - x);
    if (low != 0.0) partials_[kept++] = low;
    x = high;
  }
  partials_.resize(kept);
  partials_.push_back(x);
}

double ExactSum::value() const {
  if (partials_.empty()) return 0.0;
  std::size_t i = partials_.size() - 1;
  double high = partials_[i];
  double low = 0.0;
  while (i > 0) {
    const double before = high;
    const double next = partials_[--i];
    high = before + next;
    low = next - (high - before);
    if (low != 0.0) break;
  }
  // Half a unit left over and more of the same sign below it: round away instead of to even.
  if (i > 0 && ((low < 0.0 && partials_[i - 1] < 0.0) || (low > 0.0 && partials_[i - 1] > 0.0))) {
    const double twice = low * 2.0;
    const double rounded = high + twice;
    if (twice == rounded - high) high = rounded;
  }
  return high + 0.0;  // never -0
}

}  // namespace spanwise::tuner
