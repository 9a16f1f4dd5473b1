// SPDX-License-Identifier: Apache-2.0
// Times work that a host enqueues on the device, in the regime that a case asks for.
#pragma once

#include <functional>

#include "kernels/cuda/nvml.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

// kEvents: CUDA events around several launches, so what lies between two launches counts. kShortest: what the kernels
// themselves take, by CUPTI, where that is there and a launch is shorter than 50 us; else events.
enum class LaunchTimer { kEvents, kShortest };

// Times launches on the default stream (`launch` enqueues one) and sets times, timer and conditions; then reads the
// counters that the request asks for. Burst: the device idles for 60 ms whenever it has worked for 20 ms. `nvml` may be
// null. `slowdown`: the share of its own time that the device works longer at the end of every sample, for tests of those
// who look for slow kernels; starting that work adds about 1 us a sample.
void time_launches(const Request& request, LaunchTimer timer, const Nvml* nvml, const std::function<void()>& launch,
                   Measurement& measurement, double slowdown = 0);

}  // namespace spanwise::kernels
