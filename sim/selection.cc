// SPDX-License-Identifier: Apache-2.0
#include "sim/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <variant>

#include "core/int128.h"
#include "core/result.h"
#include "patterns/pattern.h"

namespace spanwise::sim {
namespace {

using patterns::Case;

constexpr std::int64_t kIndexerHeads = 64, kIndexerDim = 128;  // DeepSeek-V3.2, inference/model.py: index_n_heads, index_head_dim
constexpr std::int64_t kProbeQueries = 64;                     // MInference (arXiv 2407.02490), algorithm 2

Case operator_case(const Case& attention, std::string op, std::string params) {
  Case step;
  step.op = std::move(op);
  step.phase = attention.phase;
  step.batch = attention.batch;
  step.q_len = attention.q_len;
  step.kv_len = attention.kv_len;
  step.q_heads = attention.q_heads;
  step.kv_heads = attention.kv_heads;
  step.head_dim = step.head_dim_v = attention.head_dim;
  step.dtype = step.kv_dtype = attention.dtype;
  step.causal = patterns::is_causal(attention.pattern) && attention.q_len <= attention.kv_len;
  step.pattern = patterns::Dense{step.causal};
  step.regime = attention.regime;
  step.params = std::move(params);
  return step;
}

core::DType narrowest(const hwmodels::Machine& machine, core::DType fallback) {
  return machine.matrix_flop_per_clock.contains(core::DType::kFp8) ? core::DType::kFp8 : fallback;
}

// Scores of `q_block` queries against `kv_block` keys and the `keep` best of each row.
void add_pick(std::vector<Case>& steps, Case score, std::int64_t q_block, std::int64_t kv_block, std::int64_t keep, const char* combine) {
  const std::int64_t columns = core::ceil_div(score.kv_len, kv_block);
  score.op = "index_score";
  score.params = fmt::format(R"({{"q_block": {}, "kv_block": {}, "combine": "{}"}})", q_block, kv_block, combine);
  steps.push_back(score);
  if (keep >= columns) return;
  score.op = "topk";
  score.params = fmt::format(R"({{"q_block": {}, "kv_block": {}, "k": {}}})", q_block, kv_block, std::max<std::int64_t>(keep, 1));
  steps.push_back(std::move(score));
}

std::int64_t kept_units(const patterns::Routed& p, std::int64_t units) {
  if (p.top_k) return *p.top_k;
  if (p.density) return static_cast<std::int64_t>(std::ceil(*p.density * static_cast<double>(units)));
  const auto& rows = *p.selection->rows;  // listed: the mean row
  return static_cast<std::int64_t>(rows.units.size() / std::max<std::size_t>(rows.rows(), 1));
}

void add_blocks(std::vector<Case>& steps, const Case& attention, std::int64_t q_block, std::int64_t kv_block, std::int64_t keep,
                patterns::SharedBy shared_by) {
  auto base = operator_case(attention, "block_pool", fmt::format(R"({{"block": {}}})", kv_block));
  if (attention.phase != patterns::Phase::kDecode && kv_block > 1) steps.push_back(base);
  if (q_block > 1) steps.push_back(operator_case(attention, "block_pool", fmt::format(R"({{"block": {}, "of": "queries"}})", q_block)));
  if (shared_by == patterns::SharedBy::kHead) base.kv_heads = base.q_heads;
  if (shared_by == patterns::SharedBy::kLayer) base.kv_heads = 1;
  add_pick(steps, std::move(base), q_block, kv_block, keep, "mean");
}

void add_routed(std::vector<Case>& steps, const Case& attention, const patterns::Routed& p, const hwmodels::Machine& machine) {
  const std::int64_t units = core::ceil_div(attention.kv_len, p.unit_size);
  const std::int64_t keep = kept_units(p, units);
  if (p.unit == patterns::Unit::kToken && p.unit_size == 1) {
    auto score = operator_case(attention, "index_score", "{}");
    if (p.shared_by == patterns::SharedBy::kLayer) {
      score.q_heads = kIndexerHeads;
      score.kv_heads = 1;
      score.head_dim = score.head_dim_v = kIndexerDim;
      score.dtype = score.kv_dtype = narrowest(machine, attention.dtype);
    } else if (p.shared_by == patterns::SharedBy::kHead) {
      score.kv_heads = score.q_heads;
    }
    return add_pick(steps, std::move(score), p.q_block, 1, keep, "relu_sum");
  }
  if (p.unit == patterns::Unit::kCluster) {
    steps.push_back(operator_case(attention, "kmeans_assign", fmt::format(R"({{"centroids": {}}})", std::min<std::int64_t>(units, 1 << 20))));
    return add_pick(steps, operator_case(attention, "index_score", "{}"), p.q_block, p.unit_size, keep, "mean");
  }
  add_blocks(steps, attention, p.q_block, p.unit_size, keep, p.shared_by);
}

void add_steps(std::vector<Case>& steps, const Case& attention, const patterns::Pattern& pattern, const hwmodels::Machine& machine) {
  std::visit(
      [&](const auto& p) {
        using P = std::decay_t<decltype(p)>;
        if constexpr (std::is_same_v<P, patterns::Routed>) {
          add_routed(steps, attention, p, machine);
        } else if constexpr (std::is_same_v<P, patterns::Pyramid>) {
          double share = 0;
          for (const auto& level : p.levels) share += level.share;
          const auto units = static_cast<double>(core::ceil_div(attention.kv_len, p.kv_block));
          add_blocks(steps, attention, p.q_block, p.kv_block, static_cast<std::int64_t>(std::ceil(share * units)), patterns::SharedBy::kHead);
        } else if constexpr (std::is_same_v<P, patterns::VerticalSlash>) {
          auto probe = operator_case(attention, "index_score", "{}");
          probe.q_len = std::min(probe.q_len, kProbeQueries);
          probe.kv_heads = probe.q_heads;
          add_pick(steps, std::move(probe), 1, 1, std::max<std::int64_t>(1, p.columns.count + p.diagonals.count), "softmax");
        } else if constexpr (std::is_same_v<P, patterns::Union>) {
          for (const auto& part : p.parts) add_steps(steps, attention, part.node().value, machine);
        } else if constexpr (std::is_same_v<P, patterns::TokenSubset> || std::is_same_v<P, patterns::Permuted>) {
          add_steps(steps, attention, p.inner.node().value, machine);
        }
      },
      pattern);
}

bool multiplies(patterns::Operator op) {
  return op == patterns::Operator::kIndexScore || op == patterns::Operator::kKMeansAssign;
}

}  // namespace

std::vector<Case> selection_steps(const Case& attention, const hwmodels::Machine& machine) {
  std::vector<Case> steps;
  add_steps(steps, attention, attention.pattern, machine);
  return steps;
}

core::Seconds operator_seconds(const Case& shape, const hwmodels::Machine& machine) {
  const auto op = patterns::operator_shape(shape);
  core::ensure(static_cast<bool>(op), "operator_seconds: a case that is no operator");
  const auto work = patterns::operator_work(*op, shape.head_dim, shape.dtype);
  const bool matrix = multiplies(op->op);
  hwmodels::OperatorConstants constants;
  constants.call = machine.launch.value;
  constants.share = matrix ? machine.gemm_share.value : machine.stream_share.value;
  if (const auto found = machine.operators.find(shape.op); found != machine.operators.end()) constants = found->second;

  const double clock = machine.clock(shape.regime).value, cycles = machine.processors.value * clock;
  const double bandwidth = machine.memory_bandwidth.value.value * (matrix ? machine.stream_share.value : constants.share);
  double seconds = work.bytes / bandwidth;
  if (work.flops > 0) {
    const auto peak = machine.matrix_peak(shape.dtype, shape.regime);
    core::ensure(peak.has_value(), "operator_seconds: the machine has no rate for this dtype");
    seconds = std::max(seconds, work.flops / (*peak * constants.share));
  }
  const double rows = static_cast<double>(op->lists) * static_cast<double>(op->rows);
  const double row_scores = static_cast<double>(op->lists) * core::to_double(op->visible_total()) / rows;
  const double row = constants.row_cycles + row_scores * constants.score_cycles + static_cast<double>(op->keep) * constants.pick_cycles;
  seconds += work.exps / (machine.exp_per_clock.value * cycles);
  seconds += std::ceil(rows / machine.processors.value) * row / clock;  // the processor with most rows
  return {constants.call.value + seconds};
}

core::Seconds selection_seconds(const Case& attention, const hwmodels::Machine& machine) {
  core::Seconds total;
  for (const auto& step : selection_steps(attention, machine)) total = total + operator_seconds(step, machine);
  return total;
}

}  // namespace spanwise::sim
