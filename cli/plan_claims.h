// SPDX-License-Identifier: Apache-2.0
// From a plan to the cases that validation runs, and from its outcome to validation.json.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "measure/validate.h"
#include "tuner/plan.h"

namespace spanwise::cli {

// One claim a rule in use and workload, in the true shape of one layer.
std::vector<measure::Claim> plan_claims(const tuner::Plan& plan);

struct Validated {
  measure::Hello device;
  std::string machine_note;
  std::vector<measure::Checked> cases;
  std::size_t claims = 0;  // more than cases after Ctrl-C

  bool wrong() const;        // some kernel gave a wrong result
  bool unfinished() const;   // a case crashed, hung or was not reached
};

core::Result<Validated> validate_plan(Session& session, const tuner::Plan& plan, const std::string& device);

// validation.json (docs/formats.md): measured times, the device and the date live here alone.
std::string validation_json(const Validated& validated, const tuner::Plan& plan);

}  // namespace spanwise::cli
