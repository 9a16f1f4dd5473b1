// SPDX-License-Identifier: Apache-2.0
// The operators around attention, by a roofline: what bounds the whole model's gain from sparse attention. Their
// times are `assumed`: rates are shares of the machine's peaks, not fits of a library. selection.h has those of selectors.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/units.h"
#include "hwmodels/machine.h"

namespace spanwise::sim {

enum class OperatorKind { kAttention, kProjection, kFeedForward, kOther };

// C[m, n] = A[m, k] B[k, n], all in `dtype`: the larger of FLOPs at gemm_share of the peak and bytes at stream_share
// of the bandwidth, and one launch. `weights`: how many different B the rows of A are spread over (the experts of a
// mixture), all of which are read.
core::Seconds gemm_seconds(const hwmodels::Machine& machine, core::DType dtype, double m, double n, double k, double weights = 1);

// Element-wise work that moves `bytes`.
core::Seconds stream_seconds(const hwmodels::Machine& machine, double bytes);

// How many of `experts` at least one of `tokens` goes through, when each takes `active` of them independently.
double experts_touched(double experts, double active, double tokens);

}  // namespace spanwise::sim
