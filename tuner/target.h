// SPDX-License-Identifier: Apache-2.0
// What the user asks of a plan: `--limit NAME=VALUE` and `--minimize NAME` as mixes of the problem's resources.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "tuner/problem.h"
#include "tuner/rule_prices.h"

namespace spanwise::tuner {

struct TargetLimit {
  std::string name = "attention";
  Mix of;
  double max = 0.5;   // in units of the mix
  bool share = true;  // of dense time, as against a time or a loss
  std::string words;  // "attention at most 50 % of its dense time"
};

struct Target {
  std::string minimize = "loss";
  Mix minimized;
  std::vector<TargetLimit> limits;  // all of them hold
  bool defaulted = true;

  std::string words() const;  // of all limits
};

// The name of the one resource a workload has in a problem: its time in milliseconds.
std::string resource_name(const sim::Workload& workload);

// attention: the mean over the workloads of attention time over dense attention time. A workload's name: that
// workload alone. loss: the loss of the profile.
core::Result<Mix> named_mix(const std::string& name, const RulePrices& prices);

// Each of `limits` is NAME=VALUE: a share such as 50% or 0.5 of dense time, or for one workload a time such as "200 ms";
// for loss a number. None: the default, attention=50%. `minimize` is a name, empty for loss.
core::Result<Target> make_target(const std::vector<std::string>& limits, const std::string& minimize, const RulePrices& prices);

}  // namespace spanwise::tuner
