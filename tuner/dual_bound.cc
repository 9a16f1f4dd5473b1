// SPDX-License-Identifier: Apache-2.0
#include "tuner/dual_bound.h"

#include <algorithm>
#include <cmath>

#include "tuner/exact_sum.h"

namespace spanwise::tuner {

Relaxation relaxation_at(const ChoiceTable& table, double multiplier, double limit) {
  Relaxation out{0.0, {}};
  out.items.reserve(table.classes());
  ExactSum sum;
  for (std::size_t i = 0; i < table.classes(); ++i) {
    auto best = table.begin[i];
    double least = relaxed_value(table.items[best], multiplier);
    for (auto k = best + 1; k < table.begin[i + 1]; ++k) {
      const double relaxed = relaxed_value(table.items[k], multiplier);
      if (relaxed >= least) continue;
      least = relaxed;
      best = k;
    }
    out.items.push_back(static_cast<std::uint32_t>(best));
    sum.add(least);
  }
  if (multiplier > 0.0) sum.add(-multiplier * limit);
  out.bound = sum.value();
  return out;
}

double largest_cost_sum(const ChoiceTable& table, double limit) {
  double sum = std::fabs(limit);
  for (std::size_t i = 0; i < table.classes(); ++i) {
    const auto items = table.of(i);
    sum += std::max(std::fabs(items.front().cost_number), std::fabs(items.back().cost_number));
  }
  return sum;
}

}  // namespace spanwise::tuner
