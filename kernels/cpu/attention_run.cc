// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/attention_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/attention_params.h"
#include "kernels/cpu/attention.h"
#include "kernels/cpu/attention_limits.h"
#include "kernels/cpu/clock.h"
#include "kernels/cpu/cold_cache.h"
#include "kernels/inputs.h"
#include "kernels/rounding.h"
#include "kernels/runner/timing.h"
#include "kernels/sequences.h"

namespace spanwise::kernels {
namespace {

using patterns::Case;

// Q of the computed tiles, [batch][q_heads][rows][head_dim].
AlignedBuffer<float> make_queries(const Case& shape, const TilePlan& plan, core::ThreadPool& pool) {
  const std::int64_t heads = shape.batch * shape.q_heads;
  AlignedBuffer<float> queries(static_cast<std::size_t>(heads * plan.rows * shape.head_dim));
  pool.run(static_cast<std::size_t>(heads) * plan.tiles.size(), [&](std::size_t item, int) {
    const auto& tile = plan.tiles[item % plan.tiles.size()];
    const auto head = static_cast<std::int64_t>(item / plan.tiles.size());
    const std::int64_t target = (head * plan.rows + tile.first_row) * shape.head_dim;
    const std::int64_t source = (head * shape.q_len + tile.first_token) * shape.head_dim;
    const std::span<float> rows{queries.data() + target, static_cast<std::size_t>(tile.tokens * shape.head_dim)};
    fill_normal(shape.seed, Tensor::kQueries, static_cast<std::uint64_t>(source), rows);
    round_all(shape.dtype, rows);
  });
  return queries;
}

// The memory of the sequences of one length.
struct Part {
  Case shape;
  TilePlan plan;
  AlignedBuffer<float> queries, output, log_sum_exp;
  PackedTiles keys, values;

  Part(const Case& shape_, TilePlan plan_, const TileOps& ops, core::ThreadPool& pool)
      : shape(shape_),
        plan(std::move(plan_)),
        queries(make_queries(shape, plan, pool)),
        output(static_cast<std::size_t>(shape.batch * shape.q_heads * plan.rows * shape.head_dim_v)),
        log_sum_exp(static_cast<std::size_t>(shape.batch * shape.q_heads * plan.rows)),
        keys(pack_keys(shape, ops, pool)),
        values(pack_values(shape, ops, pool)) {}

  ComputedRows computed() const { return {plan.rows, output.span(), log_sum_exp.span()}; }
};

// A case with its memory and the kernel set up on it.
class AttentionRun {
 public:
  AttentionRun(const Case& shape, std::vector<TilePlan> plans, const TileOps& ops, core::ThreadPool& pool)
      : ops_(ops), pool_(pool), sink_logits_(make_sink_logits(shape)), scale_(static_cast<float>(score_scale(shape))) {
    const auto shapes = sequences_of(shape);
    std::vector<AttentionPart> parts;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const auto& part = parts_.emplace_back(shapes[i], std::move(plans[i]), ops, pool);
      parts.push_back({&part.shape, &part.plan});
    }
    kernel_.emplace(std::move(parts), ops, pool.threads());
    for (const auto& part : parts_) tensors_.push_back(tensors_of(part, part.values));
  }

  void run() { kernel_->run(tensors_, scale_, pool_); }

  CheckResult check(const CheckRequest& request, bool damage) {
    CheckResult result;
    for (auto& part : parts_) {
      poison(part.output.span());
      poison(part.log_sum_exp.span());
    }
    run();
    if (damage) parts_.front().output.data()[0] += 1.0f;
    for (const auto& part : parts_) {
      result.unwritten += count_poison(part.output.span()) + count_poison(part.log_sum_exp.span());
      const auto sample = sample_rows(part.plan.tiles, request.rows_per_tile);
      const auto accuracy = compare_with_reference(part.shape, sample, part.computed(), pool_, sink_logits_);
      result.accuracy.rows += accuracy.rows;
      result.accuracy.relative_error = std::max(result.accuracy.relative_error, accuracy.relative_error);
      result.accuracy.max_error = std::max(result.accuracy.max_error, accuracy.max_error);
    }
    result.leaked_rows = leaks(request.rows_per_tile);
    return result;
  }

 private:
  AttentionTensors tensors_of(const Part& part, const PackedTiles& values) const {
    return {part.queries.data(), &part.keys,         &values,
            sink_logits_.empty() ? nullptr : sink_logits_.data(), part.output.data(), part.log_sum_exp.data()};
  }

  std::int64_t leaks(std::int64_t rows_per_tile) {
    std::list<PackedTiles> values;
    std::vector<AttentionTensors> tensors;
    for (const auto& part : parts_) {
      tensors.push_back(tensors_of(part, values.emplace_back(pack_leak_values(part.shape, ops_, pool_))));
      tensors.back().sink_logits = nullptr;
    }
    kernel_->run(tensors, 0.0f, pool_);
    std::int64_t count = 0;
    for (const auto& part : parts_) {
      const auto sample = sample_rows(part.plan.tiles, rows_per_tile);
      count += count_leaked_rows(part.shape, sample, part.computed(), pool_);
    }
    return count;
  }

  const TileOps& ops_;
  core::ThreadPool& pool_;
  std::vector<float> sink_logits_;
  float scale_;
  std::list<Part> parts_;  // the kernel points into them
  std::vector<AttentionTensors> tensors_;
  std::optional<Attention> kernel_;
};

// Of one head; a ragged batch adds up its sequences.
Work work_of(const std::vector<TilePlan>& plans) {
  Work work;
  for (const auto& plan : plans) {
    work.q_tiles += static_cast<std::int64_t>(plan.tiles.size());
    work.full_tiles += plan.full_tiles;
    work.partial_tiles += plan.partial_tiles;
  }
  return work;
}

core::Result<std::vector<TilePlan>> plans_of(const Request& request, std::uint64_t max_bytes, core::ThreadPool& pool) {
  std::vector<TilePlan> plans;
  for (const auto& part : sequences_of(request.shape)) {
    auto plan = plan_tiles(part, request.q_tiles, max_bytes, pool);
    if (!plan) return plan.error();
    max_bytes -= std::min(max_bytes, plan->bytes());
    plans.push_back(std::move(*plan));
  }
  return plans;
}

std::string out_of_memory_text(core::Count needed, std::uint64_t limit) {
  return fmt::format("needs {:.3g} GB, but {:.3g} GB may be used (80 % of the available memory)",
                     core::to_double(needed) * 1e-9, static_cast<double>(limit) * 1e-9);
}

Times time_run(AttentionRun& run, const Request& request, core::ThreadPool& pool, double slowdown) {
  std::optional<ColdCache> cold;
  if (request.shape.cache == patterns::Cache::kCold) cold.emplace();
  std::vector<double> processor;  // and of the warm-up before them
  auto times = time_runs(*request.time, request.shape.regime, [&] {
    if (cold) cold->evict(pool);
    const double before = thread_seconds();
    const double wall = wall_ms([&] { run_slowed([&] { run.run(); }, slowdown); });
    processor.push_back((thread_seconds() - before) * 1e3);
    return wall;
  });
  if (pool.threads() > 1) return times;
  processor.erase(processor.begin(), processor.end() - static_cast<std::ptrdiff_t>(times.samples));
  times.kept_processor = thinned(processor);
  return times;
}

}  // namespace

Measurement measure_attention(const Request& request, std::string_view isa, std::uint64_t memory_limit,
                              core::ThreadPool& pool, double slowdown) {
  const auto& shape = request.shape;
  if (auto reason = unsupported_reason(request); !reason.empty()) {
    return refusal(MeasurementStatus::kUnsupported, std::move(reason));
  }
  if (!request.q_tiles.empty() && request.q_tiles.back() >= query_tiles(shape)) {
    return refusal(MeasurementStatus::kError,
                   fmt::format("q_tiles names tile {}, but the case has {} query tiles of {} tokens",
                               request.q_tiles.back(), query_tiles(shape), kQueryTile));
  }
  const auto& ops = attention_ops(shape, isa);
  const core::Count needed = memory_needed(request, ops);
  if (needed > memory_limit) {
    return refusal(MeasurementStatus::kOutOfMemory, out_of_memory_text(needed, memory_limit));
  }
  auto plans = plans_of(request, memory_limit - static_cast<std::uint64_t>(needed), pool);
  if (!plans) return refusal(MeasurementStatus::kOutOfMemory, plans.error().front().message);

  Measurement measurement;
  measurement.kernel = cpu_kernel_name(shape.dtype);
  measurement.work = work_of(*plans);
  AttentionRun run(shape, std::move(*plans), ops, pool);
  if (request.check) {
    measurement.check = run.check(*request.check, request.damage_output);
    const double bar = error_bar(shape.dtype);
    if (!passes(*measurement.check, bar)) {
      measurement.status = MeasurementStatus::kWrong;
      measurement.message = fmt::format("beyond the error bar of {:g}, or rows leaked or unwritten", bar);
    }
  }
  if (request.time) {
    ClockRates clock{clock_hz(), 0};
    measurement.times = time_run(run, request, pool, slowdown);
    clock.after = clock_hz();
    measurement.clock = clock;
  }
  return measurement;
}

}  // namespace spanwise::kernels
