// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// What every renderer asks first: all numbers finite, times not negative, ladders that do not fall, one
// density per workload, a map of layers * kv_heads known rules. Anything else is a bug of whoever filled the
// model in, so the diagnostics (one for each broken field, named) have Fault::kInternal.
core::Status check(const ReportModel& model);

// The same for one ladder.
core::Status check(const Ladder& ladder);

}  // namespace spanwise::reports
