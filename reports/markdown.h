// SPDX-License-Identifier: Apache-2.0
// What `plan --markdown` and `bound --markdown` print: for pull requests and summaries of CI.
#pragma once

#include <string>

#include "core/result.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// Both fail as check() does.
core::Result<std::string> render_markdown(const ReportModel& model);
core::Result<std::string> render_markdown(const Ladder& ladder);

// Text that Markdown shows as it is.
std::string markdown_text(const std::string& text);

}  // namespace spanwise::reports
