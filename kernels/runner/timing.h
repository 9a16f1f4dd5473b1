// SPDX-License-Identifier: Apache-2.0
// How long to sample: one rule for all operators of a runner.
#pragma once

#include <functional>

#include "kernels/runner/protocol.h"
#include "patterns/case.h"

namespace spanwise::kernels {

// Samples run(), which does the work once and returns the milliseconds it took, after a warm-up: once in the burst
// regime, for half a second in the sustained one. Then at least min_samples runs; more while a quarter of max_seconds
// lasts or until the median is known to half a percent (interquartile range / sqrt(samples)), whichever comes first; none
// that would start after max_seconds, and at least one. The quantiles are over the runs.
// Keeps up to 256 samples in their order.
Times time_runs(const TimeRequest& request, patterns::Regime regime, const std::function<double()>& run);

// Of very many samples 256, evenly chosen, in their order.
std::vector<double> thinned(const std::vector<double>& samples);

// The milliseconds of the wall clock that work() takes.
double wall_ms(const std::function<void()>& work);

}  // namespace spanwise::kernels
