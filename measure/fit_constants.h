// SPDX-License-Identifier: Apache-2.0
// The constants of a kernel from measured times: non-negative least squares on relative error, through the time model
// itself, so that what is fitted and what predicts cannot differ.
#pragma once

#include <vector>

#include "core/result.h"
#include "sim/attention_time.h"

namespace spanwise::measure {

struct TimedCase {
  patterns::Case shape;
  sim::TileWork work;
  double seconds = 0;
};

// Fits matrix, exponential, partial_per_score, item_cycles, call, bandwidth_share, exposed and step, beginning at `start`. What the cases
// do not tell apart stays near `start`: a ridge holds each constant at its start with the strength of a hundredth of
// the cases. The time is piecewise linear in the constants, so each round solves the linear problem at the schedule that
// the last constants imply. error_90 is the 90th percentile of |predicted / measured - 1|, at least `least_error`;
// `start`'s provenance and clock are kept. Needs at least five cases. Source of the method: Lawson and Hanson, Solving Least
// Squares Problems, 1974, chapter 23; relative errors as rows divided by their time.
core::Result<hwmodels::KernelConstants> fit_constants(const std::vector<TimedCase>& cases,
                                                      const hwmodels::KernelModel& kernel,
                                                      const hwmodels::Machine& machine,
                                                      const hwmodels::KernelConstants& start, double least_error);

// Where to begin for a kernel that nothing is known of.
hwmodels::KernelConstants unknown_constants();

// Seconds that the constants give a case, without corrections and without the floor of the roof.
double modelled_seconds(const TimedCase& timed, const hwmodels::KernelModel& kernel, const hwmodels::Machine& machine,
                        const hwmodels::KernelConstants& constants);

}  // namespace spanwise::measure
