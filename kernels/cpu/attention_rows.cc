// SPDX-License-Identifier: Apache-2.0
// Queries into a member's workspace, outputs and log-sum-exps out of it.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/cpu/attention_parts.h"

namespace spanwise::kernels {

void Attention::load_queries(const Job& job, Workspace& workspace) const {
  const std::int64_t dim = job.shape.head_dim;
  workspace.rows = static_cast<int>(job.rows());
  const float factor = job.scale * std::numbers::log2e_v<float>;
  if (ops_.form == Form::kRows) {
    for (std::int64_t row = 0; row < workspace.rows; ++row) {
      const float* query = job.tensors.queries + job.row_of(row) * dim;
      for (std::int64_t i = 0; i < dim; ++i) workspace.queries[row * kRowStride + i] = query[i] * factor;
    }
    return;
  }
  // The upper half of a value of the dtype is its bf16. Scores of scale 0 come from queries of 0.
  const std::int64_t depth = padded_depth(job.shape, ops_);
  auto* halves = reinterpret_cast<std::uint16_t*>(workspace.queries);
  for (std::int64_t row = 0; row < workspace.rows; ++row, halves += 2 * kRowStride) {
    const float* query = job.tensors.queries + job.row_of(row) * dim;
    std::fill_n(halves, depth, std::uint16_t{0});
    if (job.scale == 0.0f) continue;
    for (std::int64_t i = 0; i < dim; ++i) {
      halves[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(query[i]) >> 16);
    }
  }
}

void Attention::store_rows(const Job& job, const Workspace& workspace) const {
  const std::int64_t dim = job.shape.head_dim_v;
  for (std::int64_t row = 0; row < workspace.rows; ++row) {
    const std::int64_t target = job.row_of(row);
    double sum = static_cast<double>(workspace.total.row_sum[row]);
    double maximum = static_cast<double>(workspace.total.row_max[row]);
    double share = 1;  // of the denominator that the keys have beside a sink logit
    if (job.tensors.sink_logits != nullptr) {
      const auto logit = job.tensors.sink_logits[job.head_of(row) % job.shape.q_heads];
      const double sink = static_cast<double>(logit) * std::numbers::log2e;
      const double top = std::max(maximum, sink);
      const double keys = sum * std::exp2(maximum - top);
      const double all = keys + std::exp2(sink - top);
      share = keys / all;
      sum = all, maximum = top;
    }
    const double keys_sum = static_cast<double>(workspace.total.row_sum[row]);
    const auto divisor = static_cast<float>(keys_sum == 0 ? 1.0 : keys_sum / share);  // no visible key: 0, not 0 / 0
    float* output = job.tensors.output + target * dim;
    for (std::int64_t first = 0; first < dim; first += kPanel) {
      const float* panel = workspace.total.output + (first / kPanel * kQueryTile + row) * kPanel;
      const std::int64_t count = std::min<std::int64_t>(kPanel, dim - first);
      for (std::int64_t i = 0; i < count; ++i) output[first + i] = panel[i] / divisor;
    }
    job.tensors.log_sum_exp[target] = static_cast<float>((maximum + std::log2(sum)) * std::numbers::ln2);
  }
}

}  // namespace spanwise::kernels
