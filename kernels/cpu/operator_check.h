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

// The errors of the rows of one list together: a short row whose terms cancel says little by itself.
class ListErrors {
 public:
  void add(std::span<const float> row, std::span<const double> reference) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      double difference = std::abs(static_cast<double>(row[i]) - reference[i]);
      if (std::isnan(difference)) difference = std::numeric_limits<double>::infinity();
      squared_ += difference * difference;
      total_ += reference[i] * reference[i];
      largest_ = std::max(largest_, difference);
      top_ = std::max(top_, std::abs(reference[i]));
    }
    ++rows_;
  }

  void add_to(CheckResult& result) const {
    result.accuracy.rows += rows_;
    if (squared_ == 0) return;
    result.accuracy.relative_error = std::max(result.accuracy.relative_error, std::sqrt(squared_ / total_));
    result.accuracy.max_error = std::max(result.accuracy.max_error, largest_ / top_);
  }

 private:
  std::int64_t rows_ = 0;
  double squared_ = 0, total_ = 0, largest_ = 0, top_ = 0;
};

}  // namespace spanwise::kernels
