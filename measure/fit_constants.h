// SPDX-License-Identifier: Apache-2.0
// The constants of a kernel from measured times: non-negative least squares on relative error.
#pragma once

#include <vector>

#include "core/result.h"
#include "hwmodels/machine.h"
#include "patterns/case.h"
#include "sim/tile_work.h"

namespace spanwise::measure {

struct TimedCase {
  patterns::Case shape;
  sim::TileWork work;
  double seconds = 0;
};

// matrix, exponential, partial_per_score, item_cycles and call of `machine` with its rates and its burst clock, from
// compute-bound cases whose items spread evenly over the processors. error_90 is the 90th percentile of the relative
// residuals, at least `least_error`. Needs at least five cases of two head dims.
core::Result<hwmodels::KernelConstants> fit_constants(const std::vector<TimedCase>& cases,
                                                      const hwmodels::Machine& machine, double least_error);

}  // namespace spanwise::measure
