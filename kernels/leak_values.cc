// SPDX-License-Identifier: Apache-2.0
#include "kernels/leak_values.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace spanwise::kernels {

LeakValues::LeakValues(std::int64_t kv_len, std::int64_t head_dim_v)
    : kv_len_(kv_len),
      head_dim_v_(head_dim_v),
      // Sums stay below 2^20 on average, so that normalising and multiplying by the count again is off by at
      // most 1/8.
      weights_(std::clamp<std::int64_t>((head_dim_v << 20) / kv_len, 1, 16)) {}

bool LeakValues::fits(std::int64_t kv_len, std::int64_t head_dim_v) {
  return kv_len <= std::min<std::int64_t>(head_dim_v << 20, 1 << 24);
}

LeakValues::OneHot LeakValues::one_hot(std::int64_t key) const {
  const std::uint64_t bits = core::mix64(static_cast<std::uint64_t>(key));
  return {static_cast<std::size_t>((bits >> 32) % static_cast<std::uint64_t>(head_dim_v_)),
          1 + static_cast<std::int64_t>((bits & 0xffffffff) % static_cast<std::uint64_t>(weights_))};
}

void LeakValues::fill(std::int64_t key, std::span<float> row) const {
  std::fill(row.begin(), row.end(), 0.0f);
  const auto hot = one_hot(key);
  row[hot.dimension] = static_cast<float>(hot.weight);
}

LeakValues::Expected LeakValues::expected(const std::function<bool(std::int64_t)>& visible) const {
  Expected result{std::vector<std::int64_t>(static_cast<std::size_t>(head_dim_v_), 0), 0};
  for (std::int64_t key = 0; key < kv_len_; ++key) {
    if (!visible(key)) continue;
    const auto hot = one_hot(key);
    result.sums[hot.dimension] += hot.weight;
    ++result.count;
  }
  return result;
}

bool LeakValues::clean(const Expected& expected, std::span<const float> output, float log_sum_exp) {
  if (expected.count == 0) {
    return std::isinf(log_sum_exp) && log_sum_exp < 0 &&
           std::all_of(output.begin(), output.end(), [](float value) { return value == 0.0f; });
  }
  const auto count = static_cast<double>(expected.count);
  // One key more or less moves the logarithm by 1/count; fp32 resolves it to about 1e-6.
  const double tolerance = std::max(0.5 / count, 2e-6);
  bool clean = std::abs(static_cast<double>(log_sum_exp) - std::log(count)) <= tolerance;
  for (std::size_t i = 0; i < output.size(); ++i) {
    const double sum = static_cast<double>(output[i]) * count;
    clean = clean && std::abs(sum - static_cast<double>(expected.sums[i])) <= 0.25;
  }
  return clean;
}

}  // namespace spanwise::kernels
