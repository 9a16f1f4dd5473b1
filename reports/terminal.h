// SPDX-License-Identifier: Apache-2.0
// What `plan` and `bound` print.
#pragma once

#include <string>

#include "core/result.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// The first screen. Lines end in '\n' and are never wider than `columns` (fewer than 40 count as 40), colour
// aside. ASCII only. Fails as check() does.
core::Result<std::string> render_terminal(const ReportModel& model, int columns, bool color);

// One ladder: a rung a line, with what it loses and why. Same promises.
core::Result<std::string> render_terminal(const Ladder& ladder, int columns, bool color);

}  // namespace spanwise::reports
