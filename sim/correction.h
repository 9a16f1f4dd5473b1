// SPDX-License-Identifier: Apache-2.0
// The factor that measurements put on a kernel's modelled time, and how far it can be trusted.
#pragma once

#include "hwmodels/machine.h"

namespace spanwise::sim {

hwmodels::ShapePoint shape_point(const patterns::Case& shape);

// k(|a - b| / scale), between 0 and 1 (hwmodels/correction.h).
double nearness(const hwmodels::ShapePoint& a, const hwmodels::ShapePoint& b, double scale);

// Weights for spreads: the nearness sharpened, so that the interval follows the near knots.
double sharpened(double nearness);

// The family of a case: the same phase, kind of pattern, head dim and number formats.
bool same_family(const hwmodels::Correction& correction, const patterns::Case& shape);

struct Corrected {
  double factor = 1;       // on the modelled time
  double width = 0;        // half width of the 90 % interval, in the log of the time
  bool outside = false;    // beyond what was fitted: another family, or outside the box of fitted shapes
};
Corrected correct(const hwmodels::KernelConstants& constants, const patterns::Case& shape);

}  // namespace spanwise::sim
