// SPDX-License-Identifier: Apache-2.0
// The keys that a few query rows see, made once from the pattern and shared by all heads and sequences of a
// case.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/sampled_rows.h"
#include "patterns/case.h"

namespace spanwise::kernels {

class VisibleKeys {
 public:
  VisibleKeys(const patterns::Case& shape, std::span<const SampledRow> rows, core::ThreadPool& pool);

  // Whether the query of rows[index] sees the key.
  bool sees(std::size_t index, std::int64_t key) const {
    const auto word = words_[index * words_per_row_ + static_cast<std::size_t>(key >> 6)];
    return (word >> (key & 63) & 1) != 0;
  }

 private:
  std::size_t words_per_row_;
  std::vector<std::uint64_t> words_;
};

}  // namespace spanwise::kernels
