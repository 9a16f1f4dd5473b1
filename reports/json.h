// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.h"
#include "reports/report_model.h"

namespace spanwise::reports {

inline constexpr const char* kReportSchema = "spanwise/report";
inline constexpr int kReportSchemaVersion = 1;

// report.json: ordered keys, times in milliseconds, absent what is not known. The same model gives the same
// bytes on every machine: the validation, what was not checked and the command lines (which hold paths and
// measured times) are left out. Fails as check() does.
core::Result<std::string> render_json(const ReportModel& model);

}  // namespace spanwise::reports
