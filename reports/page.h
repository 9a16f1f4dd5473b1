// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// report.html: one file that asks the network for nothing, runs no script and reads without one. Fails as
// check() does.
core::Result<std::string> render_page(const ReportModel& model);

}  // namespace spanwise::reports
