// SPDX-License-Identifier: Apache-2.0
// Hardware counters of a launch, by CUPTI's range profiler (CUPTI 12.6 and later).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

// What a time model of attention needs, in two passes.
const std::vector<std::string>& default_counters();

// Reads the metrics, such as sm__cycles_active.avg, over one launch, which is repeated as often as the counters that
// fit at once demand; the same launch must do the same work every time. Values are in the order of the metrics. Fails
// with Fault::kEnvironment where CUPTI is not found, is too old or has no permission, and for a metric that the card
// does not have.
core::Result<std::vector<double>> read_counters(const std::vector<std::string>& metrics,
                                                const std::function<void()>& launch);

}  // namespace spanwise::kernels
