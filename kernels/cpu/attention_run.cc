// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/attention_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/cpu/attention.h"
#include "kernels/inputs.h"
#include "kernels/leak_values.h"
#include "kernels/runner/timing.h"

namespace spanwise::kernels {
namespace {

using core::Count;
using patterns::Case;

Count product(std::initializer_list<std::int64_t> factors) {
  Count result = 1;
  for (const auto factor : factors) result = core::saturating_multiply(result, static_cast<Count>(factor));
  return result;
}

std::int64_t computed_rows(const Request& request) {
  if (request.q_tiles.empty()) return request.shape.q_len;
  return static_cast<std::int64_t>(request.q_tiles.size()) * kQueryTile;
}

// Q of the computed tiles, [batch][q_heads][rows][head_dim].
AlignedBuffer<float> make_queries(const Case& shape, const TilePlan& plan, core::ThreadPool& pool) {
  const std::int64_t heads = shape.batch * shape.q_heads;
  AlignedBuffer<float> queries(static_cast<std::size_t>(heads * plan.rows * shape.head_dim));
  pool.run(static_cast<std::size_t>(heads) * plan.tiles.size(), [&](std::size_t item, int) {
    const auto& tile = plan.tiles[item % plan.tiles.size()];
    const auto head = static_cast<std::int64_t>(item / plan.tiles.size());
    const std::int64_t target = (head * plan.rows + tile.first_row) * shape.head_dim;
    const std::int64_t source = (head * shape.q_len + tile.first_token) * shape.head_dim;
    fill_normal(shape.seed, Tensor::kQueries, static_cast<std::uint64_t>(source),
                {queries.data() + target, static_cast<std::size_t>(tile.tokens * shape.head_dim)});
  });
  return queries;
}

// The memory of a case and the kernel set up on it.
class AttentionRun {
 public:
  AttentionRun(const Case& shape, const TilePlan& plan, const TileOps& ops, core::ThreadPool& pool)
      : shape_(shape),
        plan_(plan),
        pool_(pool),
        queries_(make_queries(shape, plan, pool)),
        keys_(pack_keys(shape, pool)),
        values_(pack_values(shape, pool)),
        output_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan.rows * shape.head_dim_v)),
        log_sum_exp_(static_cast<std::size_t>(shape.batch * shape.q_heads * plan.rows)),
        kernel_(shape, plan, ops, pool.threads()) {}

  void run() { run_with(values_, static_cast<float>(score_scale(shape_))); }

  CheckResult check(const CheckRequest& request, bool damage) {
    const auto sample = sample_rows(plan_.tiles, request.rows_per_tile);
    CheckResult result;
    poison(output_.span());
    poison(log_sum_exp_.span());
    run();
    if (damage) output_.data()[0] += 1.0f;
    result.unwritten = count_poison(output_.span()) + count_poison(log_sum_exp_.span());
    result.accuracy = compare_with_reference(shape_, sample, computed(), pool_);
    run_with(pack_leak_values(shape_, pool_), 0.0f);
    result.leaked_rows = count_leaked_rows(shape_, sample, computed(), pool_);
    return result;
  }

 private:
  void run_with(const PackedTiles& values, float scale) {
    kernel_.run({queries_.data(), &keys_, &values, output_.data(), log_sum_exp_.data()}, scale, pool_);
  }

  ComputedRows computed() const { return {plan_.rows, output_.span(), log_sum_exp_.span()}; }

  const Case& shape_;
  const TilePlan& plan_;
  core::ThreadPool& pool_;
  AlignedBuffer<float> queries_;
  PackedTiles keys_;
  PackedTiles values_;
  AlignedBuffer<float> output_;
  AlignedBuffer<float> log_sum_exp_;
  Attention kernel_;
};

std::string unsupported_shape(const Case& shape) {
  if (shape.dtype != core::DType::kFp32 || shape.kv_dtype != core::DType::kFp32) {
    const auto dtype = shape.dtype != core::DType::kFp32 ? shape.dtype : shape.kv_dtype;
    return fmt::format("{} is fp32 only, not {}", kCpuKernel, core::name(dtype));
  }
  if (std::max(shape.head_dim, shape.head_dim_v) > kMaxHeadDim) {
    return fmt::format("head_dim and head_dim_v are at most {}", kMaxHeadDim);
  }
  if (shape.page != 0) return "paged KV caches are not supported";
  if (!shape.q_lens.empty() || !shape.kv_lens.empty()) return "ragged batches are not supported";
  if (shape.cache == patterns::Cache::kCold) return "cold caches are not supported";
  if (shape.tiling != patterns::Tiling::kFlat) {
    return fmt::format("{} tiling is not supported, only flat", patterns::name(shape.tiling));
  }
  return {};
}

// The kernel's own tile, or one of the same size.
bool is_own_tile(const patterns::Lengths& tile, std::int64_t size) {
  return tile.empty() || patterns::volume(tile) == size;
}

std::string out_of_memory_text(Count needed, std::uint64_t limit) {
  return fmt::format("needs {:.3g} GB, but {:.3g} GB may be used (80 % of the available memory)",
                     core::to_double(needed) * 1e-9, static_cast<double>(limit) * 1e-9);
}

}  // namespace

std::string unsupported_reason(const Request& request) {
  const auto& shape = request.shape;
  if (!shape.kernel.empty() && shape.kernel != kCpuKernel) {
    return fmt::format("unknown kernel '{}', this runner has {}", shape.kernel, kCpuKernel);
  }
  if (auto reason = unsupported_shape(shape); !reason.empty()) return reason;
  if (!is_own_tile(shape.q_tile, kQueryTile) || !is_own_tile(shape.kv_tile, kKeyTile)) {
    return fmt::format("tiles are {} queries by {} keys", kQueryTile, kKeyTile);
  }
  if (shape.params != "{}") return fmt::format("attention takes no params, not {}", shape.params);
  if (request.check && !LeakValues::fits(shape.kv_len, shape.head_dim_v)) {
    return fmt::format("the leak check is exact in fp32 only for shorter rows than {} keys", shape.kv_len);
  }
  return {};
}

core::Count memory_needed(const Request& request) {
  const auto& shape = request.shape;
  const std::int64_t tiles = core::ceil_div(shape.kv_len, kKeyTile);
  const std::int64_t rows = computed_rows(request);
  Count bytes = product({shape.batch, shape.kv_heads, tiles,
                         packed_key_floats(shape) + packed_value_floats(shape), sizeof(float)});
  bytes += product({shape.batch, shape.q_heads, rows, shape.head_dim + shape.head_dim_v + 1, sizeof(float)});
  bytes += product({core::ceil_div(rows, kQueryTile), sizeof(ComputedTile) + sizeof(std::size_t)});
  if (request.check) {
    bytes += product({tiles, packed_value_floats(shape), sizeof(float)});  // one-hot values
    bytes +=
        product({shape.kv_len, shape.head_dim + shape.head_dim_v, sizeof(float)});  // K and V of one head
  }
  return bytes;
}

Measurement measure_attention(const Request& request, const TileOps& ops, std::uint64_t memory_limit,
                              core::ThreadPool& pool) {
  const auto& shape = request.shape;
  if (auto reason = unsupported_reason(request); !reason.empty()) {
    return refusal(MeasurementStatus::kUnsupported, std::move(reason));
  }
  if (!request.q_tiles.empty() && request.q_tiles.back() >= query_tiles(shape)) {
    return refusal(MeasurementStatus::kError,
                   fmt::format("q_tiles names tile {}, but the case has {} query tiles of {} tokens",
                               request.q_tiles.back(), query_tiles(shape), kQueryTile));
  }
  const Count needed = memory_needed(request);
  if (needed > memory_limit) {
    return refusal(MeasurementStatus::kOutOfMemory, out_of_memory_text(needed, memory_limit));
  }
  const auto plan =
      plan_tiles(shape, request.q_tiles, memory_limit - static_cast<std::uint64_t>(needed), pool);
  if (!plan) return refusal(MeasurementStatus::kOutOfMemory, plan.error().front().message);

  AttentionRun run(shape, *plan, ops, pool);
  Measurement measurement;
  measurement.kernel = kCpuKernel;
  measurement.work =
      Work{static_cast<std::int64_t>(plan->tiles.size()), plan->full_tiles, plan->partial_tiles};
  if (request.check) {
    measurement.check = run.check(*request.check, request.damage_output);
    const double bar = error_bar(shape.dtype);
    if (!passes(*measurement.check, bar)) {
      measurement.status = MeasurementStatus::kWrong;
      measurement.message = fmt::format("beyond the error bar of {:g}, or rows leaked or unwritten", bar);
    }
  }
  if (request.time) measurement.times = time_runs(*request.time, shape.regime, [&] { run.run(); });
  return measurement;
}

}  // namespace spanwise::kernels
