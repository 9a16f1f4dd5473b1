// SPDX-License-Identifier: Apache-2.0
// The layer-by-head map of a plan.
#pragma once

#include <string_view>

#include "reports/html_writer.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// Layers from left to right, `heads` ("KV head") from top to bottom, coloured as rule_colours() says. Up to
// 6000 cells each has a tooltip; beyond, cells of one rule are merged into one path. The plan must pass
// check().
void draw_head_map(HtmlWriter& html, const Plan& plan, std::string_view heads, std::string_view description);

}  // namespace spanwise::reports
