// SPDX-License-Identifier: Apache-2.0
// Fills the report's plain values from what the rooms computed.
#pragma once

#include <string>

#include "cli/plan_claims.h"
#include "reports/report_model.h"
#include "sim/ladder.h"
#include "tuner/make_plan.h"

namespace spanwise::cli {

struct ReportInput {
  const sim::Model* model = nullptr;
  const tuner::Profile* profile = nullptr;
  const tuner::RulePrices* prices = nullptr;
  const tuner::MadePlan* made = nullptr;
  std::vector<double> front_at;
  bool hardware_defaulted = false;
  std::string limit_note;    // why the default limit was not taken; may be empty
  std::string dtype_note;    // how the machine made us change the dtype; may be empty
  std::string plan_path;     // for the verify command
  std::string command_line;
};

core::Result<reports::ReportModel> plan_report(const ReportInput& input);

std::vector<reports::CheckedCase> checked_cases(const Validated& validated);

// Adds what was run on a device, or why nothing was.
void add_validation(reports::ReportModel& report, const Validated& validated);

reports::Ladder report_ladder(const sim::Ladder& ladder, std::string subject, core::Basis reference_basis);

// "window 4096 + 64 sinks", "neighborhood 18x24x24 stride 16x8x8".
std::string rule_words(const patterns::Pattern& rule);

}  // namespace spanwise::cli
