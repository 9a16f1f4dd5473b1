// SPDX-License-Identifier: Apache-2.0
// Values that show which keys a kernel let through, for every row in a single run.
//
// The run uses scale 0, so that every key that the kernel lets through weighs the same, and one-hot values:
// the row of key k is 0 but for a small positive integer w(k) in dimension c(k), both hashes of k. Then
//   output[c] * count      = the sum of w(k) over the keys that were let through with c(k) = c
//   exp(log-sum-exp)       = the number of keys that were let through
// and every intermediate of an fp32 kernel is an integer below 2^24 and so exact. The sums over the visible
// keys are made apart, from the pattern. What this finds:
//   - A leaked key, with all visible ones present, raises the number of keys: nothing can hide it, since
//   every weight
//     and every value is positive. While counts are below about 250,000 the log-sum-exp resolves a single
//     key; beyond, the sums do, unless the dimension is 1.
//   - A missed key lowers the number in the same way.
//   - As many leaked as missed keys change the sums unless c and w agree by chance (1 in 16 * head_dim_v for
//   one
//     exchanged pair in one row; a wrong mask shows in many rows).
//   - Padding behind the last key: these rows are filled as if the keys existed.
// All heads and all sequences of a batch share the pattern, so they share one array of these values.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace spanwise::kernels {

class LeakValues {
 public:
  LeakValues(std::int64_t kv_len, std::int64_t head_dim_v);

  // Longer rows would lose exactness in fp32.
  static bool fits(std::int64_t kv_len, std::int64_t head_dim_v);

  // The value row of `key`, which may lie in the padding.
  void fill(std::int64_t key, std::span<float> row) const;

  struct Expected {
    std::vector<std::int64_t> sums;  // of each dimension
    std::int64_t count = 0;          // visible keys
  };
  Expected expected(const std::function<bool(std::int64_t key)>& visible) const;

  // Whether a row of the run let exactly the visible keys through.
  static bool clean(const Expected& expected, std::span<const float> output, float log_sum_exp);

 private:
  struct OneHot {
    std::size_t dimension;
    std::int64_t weight;
  };
  OneHot one_hot(std::int64_t key) const;

  std::int64_t kv_len_;
  std::int64_t head_dim_v_;
  std::int64_t weights_;  // w(k) is in [1, weights_]
};

}  // namespace spanwise::kernels
