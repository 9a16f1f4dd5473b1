// SPDX-License-Identifier: Apache-2.0
#include "kernel_harness.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random.h"
#include "kernels/reference.h"
#include "kernels/rounding.h"

namespace spanwise::kernels::testing {
namespace {

// Tensors as the protocol defines them, element by element.
std::vector<float> tensor_part(const patterns::Case& shape, std::uint64_t stream, std::int64_t first,
                               std::int64_t count) {
  std::vector<float> part(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    part[static_cast<std::size_t>(i)] =
        rounded_to(shape.dtype,
                   core::random_normal(core::random_bits(shape.seed, stream, static_cast<std::uint64_t>(first + i))));
  }
  return part;
}

std::vector<float> planned_queries(const patterns::Case& shape, const TilePlan& plan) {
  std::vector<float> queries;
  for (std::int64_t head = 0; head < shape.batch * shape.q_heads; ++head) {
    for (const auto& tile : plan.tiles) {
      const auto part = tensor_part(shape, 1, (head * shape.q_len + tile.first_token) * shape.head_dim,
                                    tile.tokens * shape.head_dim);
      queries.insert(queries.end(), part.begin(), part.end());
    }
  }
  return queries;
}

double worse(double a, double b) {
  return std::isnan(b) ? std::numeric_limits<double>::infinity() : std::max(a, b);
}

}  // namespace

std::vector<const TileOps*> all_tile_ops() {
  return tile_ops_for(core::DType::kFp32);
}

patterns::Case fp32_case(patterns::Pattern pattern, std::int64_t q_len, std::int64_t kv_len,
                         std::int64_t head_dim) {
  patterns::Case shape;
  shape.pattern = std::move(pattern);
  shape.q_len = q_len;
  shape.kv_len = kv_len;
  shape.head_dim = shape.head_dim_v = head_dim;
  shape.dtype = shape.kv_dtype = core::DType::kFp32;
  return shape;
}

TilePlan plan_of(const patterns::Case& shape, std::span<const std::int64_t> q_tiles) {
  core::ThreadPool pool(2);
  auto plan = plan_tiles(shape, q_tiles, std::uint64_t{1} << 30, pool);
  return std::move(*plan);
}

KernelHarness::KernelHarness(const patterns::Case& shape, const TileOps& ops, TilePlan plan, int threads)
    : shape_(shape),
      plan_(std::move(plan)),
      ops_(ops),
      pool_(threads),
      queries_(planned_queries(shape_, plan_)),
      keys_(pack_keys(shape_, ops, pool_)),
      values_(pack_values(shape_, ops, pool_)),
      output_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan_.rows * shape.head_dim_v)),
      log_sum_exp_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan_.rows)),
      kernel_({{&shape_, &plan_}}, ops, threads) {}

void KernelHarness::run_with(const PackedTiles& values, float scale) {
  poison(output_);
  poison(log_sum_exp_);
  const AttentionTensors tensors = {queries_.data(), &keys_, &values, nullptr, output_.data(), log_sum_exp_.data()};
  kernel_.run({&tensors, 1}, scale, pool_);
}

void KernelHarness::run() {
  run_with(values_, static_cast<float>(1 / std::sqrt(static_cast<double>(shape_.head_dim))));
}

void KernelHarness::run_leak_probe() {
  run_with(pack_leak_values(shape_, ops_, pool_), 0.0f);
}

std::int64_t KernelHarness::leaked_rows() {
  return count_leaked_rows(shape_, all_rows(), computed(), pool_);
}

Accuracy KernelHarness::accuracy(const oracle::Mask& mask) const {
  const std::int64_t group = shape_.q_heads / shape_.kv_heads;
  const auto dim = static_cast<std::size_t>(shape_.head_dim_v);
  Accuracy accuracy;
  for (std::int64_t head = 0; head < shape_.batch * shape_.q_heads; ++head) {
    const std::int64_t kv_head = head / group;
    const auto keys =
        tensor_part(shape_, 2, kv_head * shape_.kv_len * shape_.head_dim, shape_.kv_len * shape_.head_dim);
    const auto values = tensor_part(shape_, 3, kv_head * shape_.kv_len * shape_.head_dim_v,
                                    shape_.kv_len * shape_.head_dim_v);
    double difference = 0, size = 0, largest_value = 0;
    for (const float value : values)
      largest_value = std::max(largest_value, std::abs(static_cast<double>(value)));
    for (const auto& sampled : all_rows()) {
      const auto query =
          tensor_part(shape_, 1, (head * shape_.q_len + sampled.token) * shape_.head_dim, shape_.head_dim);
      const auto reference = reference_attention(
          query, keys, values, shape_.kv_len, 1 / std::sqrt(static_cast<double>(shape_.head_dim)),
          [&](std::int64_t key) { return mask.sees(sampled.token, key); });
      const auto row = static_cast<std::size_t>(head * plan_.rows + sampled.row);
      for (std::size_t i = 0; i < dim; ++i) {
        const double error = static_cast<double>(output_[row * dim + i]) - reference.output[i];
        difference += error * error;
        size += reference.output[i] * reference.output[i];
        accuracy.max_error = worse(accuracy.max_error, std::abs(error) / largest_value);
      }
      const double lse = static_cast<double>(log_sum_exp_[row]);
      if (lse != reference.log_sum_exp) {
        accuracy.max_error = worse(accuracy.max_error, std::abs(lse - reference.log_sum_exp) /
                                                           std::max(1.0, std::abs(reference.log_sum_exp)));
      }
      ++accuracy.rows;
    }
    if (difference != 0)
      accuracy.relative_error = worse(accuracy.relative_error, std::sqrt(difference / size));
  }
  return accuracy;
}

}  // namespace spanwise::kernels::testing
