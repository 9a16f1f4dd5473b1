// SPDX-License-Identifier: Apache-2.0
// The main job after all files are read: price, search, price the whole plan again, and search again when the two
// prices differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "sim/model_graph.h"
#include "tuner/plan.h"
#include "tuner/plan_problem.h"
#include "tuner/solve.h"

namespace spanwise::tuner {

struct SharePoint {
  double share = 0;  // attention time over dense attention time, the mean over the workloads
  double loss = 0;
};

struct MadePlan {
  Target target;
  std::string problem_json;  // the bytes of problem.json
  Solution solution;         // infeasible: no plan
  std::optional<Plan> plan;
  bool proved_again = false;  // the checker closed the gap without the solver
  std::vector<sim::ModelTime> dense_pass, planned_pass;  // one pass of the whole model, one a workload of the plan
  double worst_mismatch = 0;  // largest |priced / searched - 1| over the workloads of the plan
  std::vector<SharePoint> uniform;    // one rule everywhere, one a rule; rules forbidden somewhere are left out
  std::vector<SharePoint> supported;  // corners of the exact front, ascending share
  // Of an infeasible problem: the limit that cannot be kept; nothing when they only together cannot.
  const TargetLimit* tightest() const;
  std::vector<std::optional<SharePoint>> at;  // the best plan at each asked share; nothing: not reachable
};

struct PlanInput {
  const sim::Model* model = nullptr;
  const Profile* profile = nullptr;
  RulePrices* prices = nullptr;  // prepared
  std::vector<std::string> limits;  // as on the command line; empty: the default
  std::string minimize;             // empty: loss
  std::vector<double> front_at;  // shares
};

core::Result<MadePlan> make_plan(const PlanInput& input);

}  // namespace spanwise::tuner
