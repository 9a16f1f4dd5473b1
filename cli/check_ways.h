// SPDX-License-Identifier: Apache-2.0
// The four things that `check` can compare.
#pragma once

#include "cli/commands.h"
#include "measure/check.h"
#include "measure/check_model.h"

namespace spanwise::cli {

enum class CheckWay { kSideBySide, kFiles, kBaselineAndDevice, kModel };

// Measures what the way needs and judges it. Errors: a suite, file or device that cannot be used.
core::Result<measure::CheckResult> run_check_way(CheckWay way, const CommonOptions& common, const CheckOptions& options,
                                                 const measure::ComparisonRules& rules);

}  // namespace spanwise::cli
