// SPDX-License-Identifier: Apache-2.0
// Quantiles of the distributions that intervals and tests need.
#pragma once

namespace spanwise::core {

// The p-quantile (0 < p < 1) of Student's t with `degrees` > 0 degrees of freedom, and of the normal distribution.
double student_t_quantile(double p, double degrees);
double normal_quantile(double p);

// The chance that |T| exceeds |t|.
double student_t_two_sided(double t, double degrees);

}  // namespace spanwise::core
