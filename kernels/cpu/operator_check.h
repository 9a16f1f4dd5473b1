// SPDX-License-Identifier: Apache-2.0
// What the checks of the operators share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/check.h"

namespace spanwise::kernels {

// Up to `wanted` of `count` indices: the first, the last and others evenly between.
inline std::vector<std::int64_t> sample_indices(std::int64_t count, std::int64_t wanted) {
  std::vector<std::int64_t> indices;
  const std::int64_t taken = std::min(count, std::max<std::int64_t>(wanted, 2));
  for (std::int64_t i = 0; i < taken; ++i) {
    indices.push_back(taken == 1 ? 0 : static_cast<std::int64_t>(static_cast<double>(i) * static_cast<double>(count - 1) / static_cast<double>(taken - 1)));
  }
  return indices;
}

// Adds a row's errors to the worst so far; NaN counts as infinite.
inline void compare_row(std::span<const float> row, std::span<const double> reference, CheckResult& result) {
  double squared = 0, total = 0, largest = 0, top = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    double difference = std::abs(static_cast<double>(row[i]) - reference[i]);
    if (std::isnan(difference)) difference = std::numeric_limits<double>::infinity();
    squared += difference * difference;
    total += reference[i] * reference[i];
    largest = std::max(largest, difference);
    top = std::max(top, std::abs(reference[i]));
  }
  ++result.accuracy.rows;
  if (squared == 0) return;
  result.accuracy.relative_error = std::max(result.accuracy.relative_error, std::sqrt(squared / total));
  result.accuracy.max_error = std::max(result.accuracy.max_error, largest / top);
}

}  // namespace spanwise::kernels
