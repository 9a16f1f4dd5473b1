// SPDX-License-Identifier: Apache-2.0
// The k largest of a row of scores, ties to the lower index. Of 2k groups of scores or more the k-th largest of their
// maxima is a threshold that at least k scores reach, and few more. A pass with it keeps the best so far in a buffer of about
// 2k and raises it whenever that is full, so that most scores cost one comparison of a vector; a last pass writes the indices
// in ascending order, as block lists want them.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu/selection_ops.h"

namespace spanwise::kernels {

// Larger for a larger score and, of equal scores, for the lower index; -0 equals 0.
constexpr std::uint64_t sort_key(float score, std::uint32_t index) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);
  const std::uint32_t ordered = bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
  return std::uint64_t{ordered} << 32 | (0xffffffffu - index);
}
constexpr float score_of(std::uint64_t key) {
  const auto ordered = static_cast<std::uint32_t>(key >> 32);
  return std::bit_cast<float>(ordered ^ ((ordered >> 31) != 0 ? 0x80000000u : 0xffffffffu));
}
constexpr std::uint32_t index_of(std::uint64_t key) {
  return 0xffffffffu - static_cast<std::uint32_t>(key);
}

inline constexpr std::int32_t kNoIndex = -1;

// Working memory of one thread.
class TopK {
 public:
  // Rows of at most `columns` < 2^31 scores, 1 <= keep <= columns.
  TopK(const SelectionOps& ops, std::int64_t keep, std::int64_t columns);

  // out[keep]: ascending indices of the largest scores, then kNoIndex where fewer are above -infinity. NaN is never picked.
  void pick(std::span<const float> scores, std::int32_t* out);

  static std::size_t workspace_bytes(std::int64_t keep, std::int64_t columns);

 private:
  float threshold(std::span<const float> scores);
  void keep_best();

  const SelectionOps& ops_;
  std::size_t keep_, count_ = 0;
  std::vector<std::uint64_t> keys_;
  std::vector<float> maxima_;
  std::vector<std::int32_t> picked_;
};

}  // namespace spanwise::kernels
