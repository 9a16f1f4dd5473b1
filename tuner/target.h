// SPDX-License-Identifier: Apache-2.0
// What the user asks of a plan: `--limit NAME=VALUE` and `--minimize NAME` as mixes of the problem's resources.
#pragma once

#include <string>

#include "core/result.h"
#include "tuner/problem.h"
#include "tuner/rule_prices.h"

namespace spanwise::tuner {

struct Target {
  std::string minimize = "loss";
  std::string limit = "attention";
  double max = 0.5;          // in units of the mix
  std::string words;         // "attention at most 50 % of its dense time"
  bool defaulted = true;
  Mix minimized, limited;
};

// The name of the one resource a workload has in a problem: its time in milliseconds.
std::string resource_name(const sim::Workload& workload);

// attention: the mean over the workloads of attention time over dense attention time. A workload's name: that
// workload alone. loss: the loss of the profile.
core::Result<Mix> named_mix(const std::string& name, const RulePrices& prices);

// `limit` is NAME=VALUE, empty for the default: a share such as 50% or 0.5 of dense time, or for one workload a time
// such as "200 ms"; for loss a number. `minimize` is a name, empty for loss.
core::Result<Target> make_target(const std::string& limit, const std::string& minimize, const RulePrices& prices);

}  // namespace spanwise::tuner
