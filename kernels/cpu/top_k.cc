// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/top_k.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace spanwise::kernels {
namespace {

constexpr std::size_t kVector = 16;      // selection_ops.h: what collect() and emit() may write beyond
constexpr std::size_t kLeastRoom = 256;  // so that a small k does not sort after every few scores

std::size_t buffer_size(std::size_t keep, std::size_t columns) {
  return std::min(keep + std::max(keep, kLeastRoom), columns) + kVector;
}

}  // namespace

TopK::TopK(const SelectionOps& ops, std::int64_t keep, std::int64_t columns)
    : ops_(ops),
      keep_(static_cast<std::size_t>(keep)),
      keys_(buffer_size(keep_, static_cast<std::size_t>(columns))),
      picked_(keep_ + kVector) {}

std::size_t TopK::workspace_bytes(std::int64_t keep, std::int64_t columns) {
  const auto k = static_cast<std::size_t>(keep);
  return buffer_size(k, static_cast<std::size_t>(columns)) * sizeof(std::uint64_t) + (k + kVector) * sizeof(std::int32_t) +
         4 * k * sizeof(float);
}

// Something that at least keep scores are above, or -infinity where rows are too short to gain by it.
float TopK::threshold(std::span<const float> scores) {
  const std::size_t vectors = scores.size() / (2 * keep_);  // of a group of each lane
  if (vectors < 2 || scores.size() < 2 * kVector * vectors) return -std::numeric_limits<float>::infinity();
  maxima_.clear();
  for (std::size_t i = 0; i + kVector * vectors <= scores.size(); i += kVector * vectors) {
    maxima_.resize(maxima_.size() + kVector);
    ops_.lane_max(scores.data() + i, vectors, maxima_.data() + maxima_.size() - kVector);
  }
  if (maxima_.size() < keep_) return -std::numeric_limits<float>::infinity();
  const auto last = maxima_.begin() + static_cast<std::ptrdiff_t>(keep_ - 1);
  std::nth_element(maxima_.begin(), last, maxima_.end(), std::greater<>());
  return std::nextafter(*last, -std::numeric_limits<float>::infinity());
}

void TopK::keep_best() {
  const auto begin = keys_.begin();
  std::nth_element(begin, begin + static_cast<std::ptrdiff_t>(keep_ - 1), begin + static_cast<std::ptrdiff_t>(count_),
                   std::greater<>());
  count_ = keep_;
}

void TopK::pick(std::span<const float> scores, std::int32_t* out) {
  count_ = 0;
  float above = threshold(scores);
  std::int64_t last_tie = -1;
  for (std::size_t next = 0; next < scores.size();) {
    next = ops_.collect(scores.data(), next, scores.size(), above, keys_.data(), &count_, keys_.size());
    if (count_ <= keep_) continue;
    keep_best();
    // Later scores are kept only above the worst of these: an equal one has a higher index.
    above = score_of(keys_[keep_ - 1]);
    last_tie = index_of(keys_[keep_ - 1]);
  }
  const std::size_t found = ops_.emit(scores.data(), scores.size(), above, last_tie, picked_.data());
  std::copy_n(picked_.begin(), found, out);
  std::fill(out + found, out + keep_, kNoIndex);
}

}  // namespace spanwise::kernels
