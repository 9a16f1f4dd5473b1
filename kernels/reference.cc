// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace spanwise::kernels {
namespace {

// Eight partial sums only because a single one cannot be vectorised without reordering.
double dot(std::span<const float> a, std::span<const float> b) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= a.size(); i += sums.size()) {
    for (std::size_t j = 0; j < sums.size(); ++j) {
      sums[j] += static_cast<double>(a[i + j]) * static_cast<double>(b[i + j]);
    }
  }
  double total = 0;
  for (; i < a.size(); ++i) total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  for (const double part : sums) total += part;
  return total;
}

}  // namespace

ReferenceRow reference_attention(std::span<const float> query, std::span<const float> keys,
                                 std::span<const float> values, std::int64_t kv_len, double scale,
                                 const std::function<bool(std::int64_t)>& visible) {
  const std::size_t head_dim = query.size();
  const std::size_t head_dim_v = values.size() / static_cast<std::size_t>(kv_len);
  ReferenceRow row{std::vector<double>(head_dim_v, 0.0), -std::numeric_limits<double>::infinity()};

  std::vector<std::size_t> seen;
  std::vector<double> scores;
  for (std::int64_t key = 0; key < kv_len; ++key) {
    if (!visible(key)) continue;
    seen.push_back(static_cast<std::size_t>(key));
    scores.push_back(scale * dot(query, keys.subspan(seen.back() * head_dim, head_dim)));
  }
  if (seen.empty()) return row;

  const double maximum = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const double weight = std::exp(scores[i] - maximum);
    const float* value = values.data() + seen[i] * head_dim_v;
    for (std::size_t j = 0; j < head_dim_v; ++j) row.output[j] += weight * static_cast<double>(value[j]);
    sum += weight;
  }
  for (double& value : row.output) value /= sum;
  row.log_sum_exp = maximum + std::log(sum);
  return row;
}

void add_sink_logit(double logit, ReferenceRow& row) {
  const double keys = row.log_sum_exp;
  const double top = std::max(keys, logit);
  row.log_sum_exp = top + std::log(std::exp(keys - top) + std::exp(logit - top));
  for (double& value : row.output) value *= std::exp(keys - row.log_sum_exp);
}

}  // namespace spanwise::kernels
