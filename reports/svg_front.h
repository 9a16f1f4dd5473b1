// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/html_writer.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// Attention share against loss: the supported front as steps (a plan holds until the next cheaper one), the
// sampled points, every uniform plan as a cross, the chosen plan as a ring.
void draw_front(HtmlWriter& html, const Front& front);

}  // namespace spanwise::reports
