// SPDX-License-Identifier: Apache-2.0
#include "kernels/check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/attention_params.h"
#include "kernels/inputs.h"
#include "kernels/leak_values.h"
#include "kernels/reference.h"
#include "kernels/rounding.h"
#include "kernels/visible_keys.h"

namespace spanwise::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kPoison = 0x7fc0dead;
// Rows whose visible keys are held at once: a bit a key.
constexpr std::size_t kRowsAtOnce = 1024;

// What one compared row adds to its head's error.
struct RowError {
  double squared_difference = 0;
  double squared_reference = 0;
  double largest = 0;      // |o - ref|
  double log_sum_exp = 0;  // |lse - ref| / max(1, |ref|)
};

double infinite_if_nan(double value) {
  return std::isnan(value) ? kInfinity : value;
}

RowError row_error(const ReferenceRow& reference, std::span<const float> output, float log_sum_exp) {
  RowError error;
  for (std::size_t i = 0; i < output.size(); ++i) {
    const double difference = infinite_if_nan(std::abs(static_cast<double>(output[i]) - reference.output[i]));
    error.squared_difference += difference * difference;
    error.squared_reference += reference.output[i] * reference.output[i];
    error.largest = std::max(error.largest, difference);
  }
  const auto lse = static_cast<double>(log_sum_exp);
  if (lse != reference.log_sum_exp) {  // both may be -infinity
    error.log_sum_exp = infinite_if_nan(std::abs(lse - reference.log_sum_exp) /
                                        std::max(1.0, std::abs(reference.log_sum_exp)));
  }
  return error;
}

// Keys and values of one (sequence, KV head), row-major, remade from the seed.
struct KvHead {
  std::vector<float> keys, values;

  void fill(const patterns::Case& shape, std::int64_t head, core::ThreadPool& pool) {
    const auto index = static_cast<std::uint64_t>(head);
    keys.resize(static_cast<std::size_t>(shape.kv_len * shape.head_dim));
    values.resize(static_cast<std::size_t>(shape.kv_len * shape.head_dim_v));
    fill_normal(shape.seed, Tensor::kKeys, index * keys.size(), keys, pool);
    fill_normal(shape.seed, Tensor::kValues, index * values.size(), values, pool);
    round_all(shape.kv_dtype, keys);
    round_all(shape.kv_dtype, values);
  }

  double largest_value() const {
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::abs(value));
    return static_cast<double>(largest);
  }
};

std::vector<float> query_row(const patterns::Case& shape, std::int64_t head, std::int64_t token) {
  std::vector<float> query(static_cast<std::size_t>(shape.head_dim));
  const auto first = static_cast<std::uint64_t>((head * shape.q_len + token) * shape.head_dim);
  fill_normal(shape.seed, Tensor::kQueries, first, query);
  round_all(shape.dtype, query);
  return query;
}

std::span<const float> output_row(const patterns::Case& shape, const ComputedRows& computed,
                                  std::int64_t head, std::int64_t row) {
  return computed.output.subspan(static_cast<std::size_t>((head * computed.rows + row) * shape.head_dim_v),
                                 static_cast<std::size_t>(shape.head_dim_v));
}

float log_sum_exp_of(const ComputedRows& computed, std::int64_t head, std::int64_t row) {
  return computed.log_sum_exp[static_cast<std::size_t>(head * computed.rows + row)];
}

// The errors of the sampled rows of all query heads, [batch * q_heads].
class HeadErrors {
 public:
  explicit HeadErrors(const patterns::Case& shape)
      : heads_(static_cast<std::size_t>(shape.batch * shape.q_heads)) {}

  void add(std::int64_t head, const RowError& row, double largest_value) {
    auto& total = heads_[static_cast<std::size_t>(head)];
    total.squared_difference += row.squared_difference;
    total.squared_reference += row.squared_reference;
    accuracy_.max_error = std::max({accuracy_.max_error, row.log_sum_exp, ratio(row.largest, largest_value)});
    ++accuracy_.rows;
  }

  Accuracy finish() {
    for (const auto& head : heads_) {
      const double relative = std::sqrt(ratio(head.squared_difference, head.squared_reference));
      accuracy_.relative_error = std::max(accuracy_.relative_error, relative);
    }
    return accuracy_;
  }

 private:
  static double ratio(double error, double size) { return error == 0 ? 0 : error / size; }

  std::vector<RowError> heads_;
  Accuracy accuracy_;
};

// The keys that the sampled rows see, by list (cases_by_list()).
std::vector<VisibleKeys> visible_by_list(const patterns::Case& shape, std::span<const SampledRow> sample,
                                         core::ThreadPool& pool) {
  std::vector<VisibleKeys> visible;
  for (const auto& of_list : cases_by_list(shape)) visible.emplace_back(of_list, sample, pool);
  return visible;
}

void compare_some(const patterns::Case& shape, std::span<const SampledRow> sample,
                  const ComputedRows& computed, std::span<const float> sink_logits, core::ThreadPool& pool,
                  HeadErrors& errors) {
  const auto visible = visible_by_list(shape, sample, pool);
  const std::int64_t group = shape.q_heads / shape.kv_heads;
  std::vector<RowError> rows(sample.size() * static_cast<std::size_t>(group));
  KvHead kv;
  for (std::int64_t kv_head = 0; kv_head < shape.batch * shape.kv_heads; ++kv_head) {
    kv.fill(shape, kv_head, pool);
    const double largest_value = kv.largest_value();
    pool.run(rows.size(), [&](std::size_t item, int) {
      const std::size_t index = item / static_cast<std::size_t>(group);
      const auto head = kv_head * group + static_cast<std::int64_t>(item) % group;
      const auto& keys = visible[list_of_head(shape, visible.size(), head)];
      auto reference =
          reference_attention(query_row(shape, head, sample[index].token), kv.keys, kv.values, shape.kv_len,
                              score_scale(shape), [&](std::int64_t key) { return keys.sees(index, key); });
      if (!sink_logits.empty()) {
        add_sink_logit(static_cast<double>(sink_logits[static_cast<std::size_t>(head % shape.q_heads)]), reference);
      }
      rows[item] = row_error(reference, output_row(shape, computed, head, sample[index].row),
                             log_sum_exp_of(computed, head, sample[index].row));
    });
    for (std::size_t item = 0; item < rows.size(); ++item) {
      errors.add(kv_head * group + static_cast<std::int64_t>(item) % group, rows[item], largest_value);
    }
  }
}

std::int64_t leaks_of_some(const patterns::Case& shape, std::span<const SampledRow> sample,
                           const ComputedRows& computed, core::ThreadPool& pool) {
  const auto visible = visible_by_list(shape, sample, pool);
  const LeakValues values(shape.kv_len, shape.head_dim_v);
  std::vector<std::int64_t> leaks(sample.size());
  pool.run(sample.size(), [&](std::size_t index, int) {
    std::vector<LeakValues::Expected> expected;
    for (const auto& keys : visible) {
      expected.push_back(values.expected([&](std::int64_t key) { return keys.sees(index, key); }));
    }
    for (std::int64_t head = 0; head < shape.batch * shape.q_heads; ++head) {
      const auto row = sample[index].row;
      const bool clean = LeakValues::clean(expected[list_of_head(shape, visible.size(), head)],
                                           output_row(shape, computed, head, row), log_sum_exp_of(computed, head, row));
      leaks[index] += clean ? 0 : 1;
    }
  });
  std::int64_t total = 0;
  for (const auto count : leaks) total += count;
  return total;
}

// Calls use(part) for the sample in parts of at most kRowsAtOnce rows.
template <class Use>
void in_parts(std::span<const SampledRow> sample, const Use& use) {
  for (std::size_t begin = 0; begin < sample.size(); begin += kRowsAtOnce) {
    use(sample.subspan(begin, std::min(kRowsAtOnce, sample.size() - begin)));
  }
}

}  // namespace

double error_bar(core::DType dtype) {
  return dtype == core::DType::kFp32 ? 2e-6 : 5e-3;
}

bool passes(const CheckResult& result, double bar) {
  return result.accuracy.relative_error <= bar && result.accuracy.max_error <= bar &&
         result.leaked_rows == 0 && result.unwritten == 0;
}

double score_scale(const patterns::Case& shape) {
  return 1.0 / std::sqrt(static_cast<double>(shape.head_dim));
}

Accuracy compare_with_reference(const patterns::Case& shape, const std::vector<SampledRow>& sample,
                                const ComputedRows& computed, core::ThreadPool& pool,
                                std::span<const float> sink_logits) {
  HeadErrors errors(shape);
  in_parts(sample, [&](std::span<const SampledRow> part) {
    compare_some(shape, part, computed, sink_logits, pool, errors);
  });
  return errors.finish();
}

std::int64_t count_leaked_rows(const patterns::Case& shape, const std::vector<SampledRow>& sample,
                               const ComputedRows& computed, core::ThreadPool& pool) {
  std::int64_t leaked = 0;
  in_parts(sample,
           [&](std::span<const SampledRow> part) { leaked += leaks_of_some(shape, part, computed, pool); });
  return leaked;
}

void poison(std::span<float> values) {
  std::fill(values.begin(), values.end(), std::bit_cast<float>(kPoison));
}

std::int64_t count_poison(std::span<const float> values) {
  return std::count_if(values.begin(), values.end(),
                       [](float value) { return std::bit_cast<std::uint32_t>(value) == kPoison; });
}

}  // namespace spanwise::kernels
