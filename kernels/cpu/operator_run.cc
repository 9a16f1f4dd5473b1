// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/operator_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/suggest.h"
#include "kernels/cpu/attention_limits.h"
#include "kernels/cpu/clock.h"
#include "kernels/cpu/cold_cache.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/cpu/top_k.h"
#include "kernels/runner/timing.h"

namespace spanwise::kernels {
namespace {

using patterns::Operator;
using patterns::OperatorShape;

bool multiplies(Operator op) {
  return op == Operator::kIndexScore || op == Operator::kKMeansAssign;
}

// Why the operator cannot run the request; empty when it can.
std::string refusal_reason(const Request& request, Operator op) {
  const auto& shape = request.shape;
  const auto known = std::find(std::begin(kCpuDtypes), std::end(kCpuDtypes), shape.dtype);
  if (known == std::end(kCpuDtypes)) return fmt::format("'{}' takes fp32, bf16 and fp16, not {}", shape.op, core::name(shape.dtype));
  if (multiplies(op) && shape.head_dim > kMaxHeadDim) return fmt::format("head_dim {} is beyond the {} of '{}'", shape.head_dim, kMaxHeadDim, shape.op);
  if (!request.q_tiles.empty()) return fmt::format("'{}' runs as a whole, without q_tiles", shape.op);
  if (!shape.q_lens.empty() || !shape.kv_lens.empty()) return fmt::format("'{}' takes sequences of one length", shape.op);
  return {};
}

// Bytes of inputs, outputs and working memory.
core::Count memory_of(const OperatorShape& op, const patterns::Case& shape, int threads) {
  using core::Count;
  const auto size = [](std::int64_t a, std::int64_t b, std::int64_t c) {
    return core::saturating_multiply(core::saturating_multiply(static_cast<Count>(a), static_cast<Count>(b)), static_cast<Count>(c));
  };
  const std::int64_t row = shape.head_dim * core::bytes_of(shape.dtype);
  switch (op.op) {
    case Operator::kBlockPool: return size(op.lists, op.tokens, row) + size(op.lists, op.rows, 4 * shape.head_dim);
    case Operator::kIndexScore: {
      const std::int64_t wide = op.combine == patterns::Combine::kSoftmax ? 4 * kQueryTile * (op.columns + kChunk) : 0;
      return size(op.lists * op.heads, op.rows, row + 4) + size(op.lists, op.columns + kKeyTile, 2 * row) + size(op.lists, op.rows, 4 * op.columns) +
             size(threads, wide, 1);
    }
    case Operator::kTopK:
      return size(op.lists, op.rows, 4 * (op.columns + op.keep)) + size(threads, static_cast<std::int64_t>(TopK::workspace_bytes(op.keep, op.columns)), 1);
    case Operator::kPermute:
    case Operator::kGather:
    case Operator::kScatter: return size(op.lists, op.tokens + op.rows, row + 4);
    case Operator::kKMeansAssign: return size(op.lists, op.rows, row + 4) + size(op.lists, op.columns + kKeyTile, 2 * row + 4);
  }
  return 0;
}

Times time_operator(OperatorRun& run, const Request& request, core::ThreadPool& pool, double slowdown) {
  const auto sample = [&] { return wall_ms([&] { run_slowed([&] { run.run(pool); }, slowdown); }); };
  if (request.shape.cache == patterns::Cache::kWarm) return time_runs(*request.time, request.shape.regime, sample);
  ColdCache cold;
  return time_runs(*request.time, request.shape.regime, [&] {
    cold.evict(pool);
    return sample();
  });
}

}  // namespace

std::unique_ptr<OperatorRun> make_operator(const OperatorSetup& setup) {
  switch (setup.op.op) {
    case Operator::kBlockPool: return make_block_pool(setup);
    case Operator::kIndexScore: return make_index_score(setup);
    case Operator::kTopK: return make_top_k(setup);
    case Operator::kKMeansAssign: return make_kmeans_assign(setup);
    case Operator::kPermute:
    case Operator::kGather:
    case Operator::kScatter: return make_move_rows(setup);
  }
  return nullptr;
}

Measurement measure_operator(const Request& request, std::string_view isa, std::uint64_t memory_limit, core::ThreadPool& pool,
                             double slowdown) {
  const auto& shape = request.shape;
  const auto op = patterns::operator_shape(shape);
  if (!op) return refusal(MeasurementStatus::kUnsupported, op.error().front().message);
  if (auto reason = refusal_reason(request, op->op); !reason.empty()) return refusal(MeasurementStatus::kUnsupported, std::move(reason));
  const core::Count needed = memory_of(*op, shape, pool.threads());
  if (needed > memory_limit) {
    return refusal(MeasurementStatus::kOutOfMemory, fmt::format("needs {:.3g} GB, but {:.3g} GB may be used (80 % of the available memory)",
                                                                core::to_double(needed) * 1e-9, static_cast<double>(memory_limit) * 1e-9));
  }
  const auto run = make_operator({shape, *op, isa.empty() ? runnable_isas().front() : isa, pool});
  Measurement measurement;
  measurement.kernel = fmt::format("spanwise-cpu-{}", shape.op);
  if (request.check) {
    run->poison();
    run->run(pool);
    if (request.damage_output) run->damage();
    measurement.check = run->compare(request.check->rows_per_tile);
    const double bar = error_bar(shape.dtype);
    if (!passes(*measurement.check, bar)) {
      measurement.status = MeasurementStatus::kWrong;
      measurement.message = fmt::format("beyond the error bar of {:g}, or rows wrong or unwritten", bar);
    }
  }
  if (request.time) {
    ClockRates clock{clock_hz(), 0};
    measurement.times = time_operator(*run, request, pool, slowdown);
    clock.after = clock_hz();
    measurement.clock = clock;
  }
  return measurement;
}

}  // namespace spanwise::kernels
