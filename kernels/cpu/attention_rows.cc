// SPDX-License-Identifier: Apache-2.0
// Queries into a member's workspace, outputs and log-sum-exps out of it.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/cpu/attention_parts.h"

namespace spanwise::kernels {

void Attention::load_queries(const Job& job, Workspace& workspace) const {
  const int dim = static_cast<int>(job.shape.head_dim);
  const int depth = static_cast<int>(padded_depth(job.shape, ops_));
  const float factor = job.scale * std::numbers::log2e_v<float>;
  workspace.rows = static_cast<int>(job.rows());
  for (std::int64_t row = 0; row < workspace.rows; ++row) {
    ops_.load_query(job.tensors.queries + job.row_of(row) * dim, dim, depth, factor,
                    workspace.queries + row * kRowStride);
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
    const double factor = keys_sum == 0 ? 1.0 : share / keys_sum;  // no visible key: 0, not 0 / 0
    ops_.store_output(workspace.total.output + row * kPanel, static_cast<int>(dim), static_cast<float>(factor),
                      job.tensors.output + target * dim);
    job.tensors.log_sum_exp[target] = static_cast<float>((maximum + std::log2(sum)) * std::numbers::ln2);
  }
}

}  // namespace spanwise::kernels
