// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/html_writer.h"
#include "reports/report_model.h"

namespace spanwise::reports {

// How far predicted may be from measured before the table marks it.
inline constexpr double kPredictionBand = 0.2;

// Predicted against measured times on equal logarithmic axes, with the diagonal and its +-20 % band. A point
// bears the number of its case (from 1) and a bar from the 5th to the 95th percentile. Needs one timed case.
void draw_predicted_against_measured(HtmlWriter& html, const Validation& validation);

}  // namespace spanwise::reports
