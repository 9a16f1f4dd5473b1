// SPDX-License-Identifier: Apache-2.0
// Sentences about the proof and about what was checked, the same in every output.
#pragma once

#include <string>

#include "reports/report_model.h"

namespace spanwise::reports {

// "optimal on these tables, gap 2e-7".
std::string proof_sentence(const Proof& proof);

// "none: limit prefill_32k cannot be met: 0.2 was asked, 0.31 is the nearest feasible value".
std::string infeasible_sentence(const Proof& proof);

// The largest relative difference between sim's price of the whole plan and the search's, over the workloads.
double repricing_difference(const ReportModel& model);

// Whether a checked case is a negative finding.
inline bool is_wrong(const CheckedCase& checked) {
  return checked.status == CheckedCase::Status::kWrong;
}

// "2 of 2 rules right, predicted / measured 0.96 and 1.07 (true length, sampled tiles)". A rule is right when
// all its cases are.
std::string validation_sentence(const Validation& validation);

const char* name(CheckedCase::Status status);
const char* name(Proof::Status status);
const char* name(Proof::Kind kind);

}  // namespace spanwise::reports
