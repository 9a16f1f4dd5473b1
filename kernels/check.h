// SPDX-License-Identifier: Apache-2.0
// Whether a kernel's outputs are right; the same test on every device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/sampled_rows.h"
#include "patterns/case.h"

namespace spanwise::kernels {

// Outputs of some query rows; the same rows of every sequence and query head.
struct ComputedRows {
  std::int64_t rows = 0;               // of one head
  std::span<const float> output;       // [batch][q_heads][rows][head_dim_v]
  std::span<const float> log_sum_exp;  // [batch][q_heads][rows], natural logarithm
};

struct Accuracy {
  std::int64_t rows = 0;      // compared, over all sequences and heads
  double relative_error = 0;  // worst over (sequence, head): ||o - ref|| / ||ref|| over its compared rows
  double max_error =
      0;  // worst of |o - ref| / max |V| of the head and |lse - ref| / max(1, |ref|); NaN counts as infinity
};

struct CheckResult {
  Accuracy accuracy;
  std::int64_t leaked_rows = 0;  // compared rows that saw other keys than the pattern's
  std::int64_t unwritten = 0;    // output elements that no thread wrote
};

// The largest relative_error and max_error that pass in a dtype.
double error_bar(core::DType dtype);

bool passes(const CheckResult& result, double bar);

// The scale of the scores: 1 / sqrt(head_dim).
double score_scale(const patterns::Case& shape);

// Compares with float64 on the inputs of inputs.h, rounded to the dtypes of the case. Needs memory for K and V of
// one head, row-major. sink_logits are of the query heads, or none.
Accuracy compare_with_reference(const patterns::Case& shape, const std::vector<SampledRow>& sample,
                                const ComputedRows& computed, core::ThreadPool& pool,
                                std::span<const float> sink_logits = {});

// For a run with scale 0 and the values of leak_values.h.
std::int64_t count_leaked_rows(const patterns::Case& shape, const std::vector<SampledRow>& sample,
                               const ComputedRows& computed, core::ThreadPool& pool);

// Fills with a NaN that no arithmetic makes, and counts the elements that still are that NaN.
void poison(std::span<float> values);
std::int64_t count_poison(std::span<const float> values);

}  // namespace spanwise::kernels
