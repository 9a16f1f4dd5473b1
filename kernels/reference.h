// SPDX-License-Identifier: Apache-2.0
// Attention in float64, one query row at a time: what kernels are compared with. Written to be read, not to
// be fast.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace spanwise::kernels {

struct ReferenceRow {
  std::vector<double> output;  // head_dim_v values; 0 when no key is visible
  double log_sum_exp = 0;      // natural logarithm; -infinity when no key is visible
};

// softmax(scale * <query, key>) over the visible keys, times their values.
//   query   [head_dim]
//   keys    [kv_len][head_dim], row-major
//   values  [kv_len][head_dim_v], row-major
ReferenceRow reference_attention(std::span<const float> query, std::span<const float> keys,
                                 std::span<const float> values, std::int64_t kv_len, double scale,
                                 const std::function<bool(std::int64_t key)>& visible);

// The row of a softmax with one more score that has no value (the sink logit of gpt-oss): the output shrinks by the
// share of the keys in the new denominator, whose logarithm is the new log_sum_exp.
void add_sink_logit(double logit, ReferenceRow& row);

}  // namespace spanwise::kernels
