// SPDX-License-Identifier: Apache-2.0
// How long to sample: one rule for all operators of a runner.
#pragma once

#include <functional>

#include "kernels/runner/protocol.h"
#include "patterns/case.h"

namespace spanwise::kernels {

// Samples after a warm-up: one in the burst regime, half a second of them in the sustained one. Then at least
// min_samples, more while a quarter of max_seconds lasts, but none that would start after max_seconds, and at least
// one. `sample` runs once and returns the milliseconds that it took by the device's own clock.
Times time_samples(const TimeRequest& request, patterns::Regime regime, const std::function<double()>& sample);

// The same by the clock of the host.
Times time_runs(const TimeRequest& request, patterns::Regime regime, const std::function<void()>& run);

}  // namespace spanwise::kernels
