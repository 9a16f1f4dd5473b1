// SPDX-License-Identifier: Apache-2.0
// Models to render. All figures are invented.
#pragma once

#include "reports/report_model.h"

namespace spanwise::reports::samples {

ReportModel language_model();  // 32 layers, 8 KV heads, two workloads, everything filled in
ReportModel video_model();     // 60 layers x 24 heads, three axes, selection, several rules
ReportModel large(std::int64_t layers, std::int64_t kv_heads,
                  int rules);  // an uneven map and a front of 3000 points
ReportModel least();           // one layer, one head, one workload; no ladder, front, validation or notes
ReportModel infeasible();      // no plan
ReportModel hostile();         // every text tries to break its output; one kernel is wrong, one unsupported

}  // namespace spanwise::reports::samples
