// SPDX-License-Identifier: Apache-2.0
// Which cases tell a kernel's constants apart: a designed set, spread over what the kernel runs, instead of a grid.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "hwmodels/machine.h"
#include "sim/kernel_choice.h"

namespace spanwise::measure {

struct PlanOptions {
  std::size_t cases = 60;
  std::size_t anchors = 12;      // of them, that every run begins with
  double most_seconds = 0.02;    // of one call, by the time model
  double most_bytes = 0;         // of Q, K, V and O; 0: an eighth of the machine's memory
  core::DType dtype = core::DType::kBf16;
  std::vector<std::int64_t> head_dims = {64, 128};  // each takes its share of the cases
};

struct CalibrationPlan {
  std::vector<patterns::Case> cases;  // the anchors first
  std::size_t anchors = 0;
};

// Lengths, batches, heads, groups and head dims in powers of two; dense masks, windows, neighborhoods and random blocks as the
// kernel runs them. Each family (phase, kind of pattern, head dim) gets its share of points far from each other (Gonzalez 1985).
// The same plan every time. Fails when the kernel runs none of the candidates within the limits.
core::Result<CalibrationPlan> plan_calibration(const hwmodels::KernelModel& kernel, const hwmodels::Machine& machine,
                                               const PlanOptions& options);

}  // namespace spanwise::measure
