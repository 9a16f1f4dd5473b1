// SPDX-License-Identifier: Apache-2.0
// The tables of a plan that the terminal and Markdown share.
#pragma once

#include <vector>

#include "reports/report_model.h"
#include "reports/table.h"

namespace spanwise::reports {

// A workload a row: dense and planned time, speedups, the bound by visited tiles.
Table workload_table(const std::vector<Workload>& workloads);

// A rung a row, the dense reference first.
Table ladder_table(const Ladder& ladder);

// A case that was run a row: right or wrong, predicted against measured.
Table check_table(const std::vector<CheckedCase>& cases);

}  // namespace spanwise::reports
