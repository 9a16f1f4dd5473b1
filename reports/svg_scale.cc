// SPDX-License-Identifier: Apache-2.0
#include "reports/svg_scale.h"

#include <algorithm>
#include <cmath>

namespace spanwise::reports {
namespace {

// The smallest of 1, 2, 5 times a power of ten that is at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

Scale Scale::linear(double low, double high, double from, double to) {
  if (high < low) std::swap(low, high);
  if (!(high - low > 1e-12 * std::max(std::abs(low), std::abs(high)))) {
    const double margin = low == 0 ? 1 : std::abs(low) * 0.1;
    return {low - margin, high + margin, from, to, false};
  }
  return {low, high, from, to, false};
}

Scale Scale::logarithmic(double low, double high, double from, double to) {
  if (!(high > low * (1 + 1e-9))) return {low / 2, low * 2, from, to, true};
  return {low, high, from, to, true};
}

double Scale::operator()(double value) const {
  if (logarithmic_) {
    if (value <= 0) return from_;
    return from_ + (to_ - from_) * (std::log(value / low_) / std::log(high_ / low_));
  }
  return from_ + (to_ - from_) * ((value - low_) / (high_ - low_));
}

std::vector<double> Scale::ticks(int count) const {
  std::vector<double> ticks;
  if (!logarithmic_) {
    const double step = round_step((high_ - low_) / count);
    const double slack = step * 1e-6;
    for (double i = std::ceil((low_ - slack) / step); i * step <= high_ + slack; ++i)
      ticks.push_back(i * step);
    return ticks;
  }
  const auto collect = [&](std::vector<double> factors, int stride) {
    ticks.clear();
    const int first = static_cast<int>(std::floor(std::log10(low_))),
              last = static_cast<int>(std::ceil(std::log10(high_)));
    for (int exponent = first; exponent <= last; exponent += stride) {
      for (const double factor : factors) {
        const double value = factor * std::pow(10.0, exponent);
        if (value >= low_ * (1 - 1e-9) && value <= high_ * (1 + 1e-9)) ticks.push_back(value);
      }
    }
  };
  collect({1, 2, 5}, 1);
  for (int stride = 1; static_cast<int>(ticks.size()) > count && stride < 1000; stride *= 2)
    collect({1}, stride);
  return ticks;
}

}  // namespace spanwise::reports
