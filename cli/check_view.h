// SPDX-License-Identifier: Apache-2.0
// Results of a check as reports show them.
#pragma once

#include <string>

#include "measure/check.h"
#include "reports/regression.h"

namespace spanwise::cli {

// Which verdicts count against the change.
struct Failing {
  bool ambiguous = false;   // --strict
  bool wrong_only = false;  // --wrong-only

  bool operator()(measure::Verdict verdict) const;
};

reports::Regression regression_of(const measure::CheckResult& result, const Failing& failing, std::string rule);

// The schema spanwise/check, with the times of every round where there are rounds side by side.
std::string check_json(const measure::CheckResult& result, const reports::Regression& regression);

// The commit of what is measured: `given`, else the CI system's (GITHUB_SHA, CI_COMMIT_SHA), else git's of the current
// folder; empty when nobody knows.
std::string commit_of(const std::string& given);

std::string utc_now();  // 2026-01-31T23:59:59Z

}  // namespace spanwise::cli
