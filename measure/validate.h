// SPDX-License-Identifier: Apache-2.0
// Running the kernels of a plan for real: correct or not, predicted against measured.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "measure/runner_client.h"
#include "sim/kernel_choice.h"

namespace spanwise::measure {

// One rule under one workload, in its true shape.
struct Claim {
  std::string rule;
  std::string workload;
  patterns::Case shape;
};

struct Checked {
  Claim claim;
  patterns::Case run;                // what was run: fewer heads, perhaps another dtype or length
  std::vector<std::int64_t> q_tiles;  // empty: all
  std::string note;                  // how `run` differs from the claim, in words
  sim::Estimate predicted;           // of `run` and its tiles, with the device's machine file
  Measurement measurement;

  bool right() const { return measurement.status == CaseStatus::kOk; }
};

// Runs every claim on the runner's device: one batch entry, as many KV heads as the device has processors (at most the
// claim's), the true length on sampled query tiles, shortened only where K and V do not fit the memory. A case that
// crashes or is wrong does not stop the others. `progress` is told before each case. On Ctrl-C returns what is done.
core::Result<std::vector<Checked>> validate(RunnerClient& runner, const std::vector<Claim>& claims,
                                            const sim::Pricing& device,
                                            const std::function<void(std::size_t done, const Claim& next)>& progress);

}  // namespace spanwise::measure
