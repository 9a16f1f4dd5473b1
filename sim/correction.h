// SPDX-License-Identifier: Apache-2.0
// The factor that measurements put on a kernel's modelled time, and how far it can be trusted.
#pragma once

#include "hwmodels/machine.h"
#include "sim/priced_kernel.h"

namespace spanwise::sim {

// Where the dense problem of `shape` lies. It does not depend on the pattern's density (hwmodels/correction.h).
hwmodels::ShapePoint shape_point(const patterns::Case& shape, const PricedKernel& priced);

// k(|(a - b) / scales|), between 0 and 1 (hwmodels/correction.h); takes the reciprocals of the scales, which is faster.
double nearness(const hwmodels::ShapePoint& a, const hwmodels::ShapePoint& b, const hwmodels::ShapePoint& per_scale);
hwmodels::ShapePoint per_scale(hwmodels::ShapePoint scales);

// Weights for spreads: the nearness sharpened, so that the interval follows the near knots.
double sharpened(double nearness);

// The family of a case: the same phase, kind of pattern, head dim and number formats.
bool same_family(const hwmodels::Correction& correction, const patterns::Case& shape);

struct Corrected {
  double factor = 1;       // on the modelled time
  double width = 0;        // half width of the 90 % interval, in the log of the time
  bool outside = false;    // beyond what was fitted: another family, or outside the box of fitted shapes
};
Corrected correct(const patterns::Case& shape, const PricedKernel& priced);

}  // namespace spanwise::sim
