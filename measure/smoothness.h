// SPDX-License-Identifier: Apache-2.0
// How far a measured row speaks for others: the length scales and the noise of a Gaussian process.
#pragma once

#include <vector>

#include "hwmodels/correction.h"

namespace spanwise::measure {

struct Smoothness {
  hwmodels::ShapePoint scales{};  // of each axis, in doublings
  double noise = 0;               // over signal, variances
};

// Those under which `values` at `points` are most likely (Rasmussen and Williams 2006, equations 5.8 and 5.9, with a prior on
// the scales), found by resilient steps (Blum and Riedmiller, ESANN 2013) on up to 300 rows. At least one point.
Smoothness likely_smoothness(const std::vector<hwmodels::ShapePoint>& points, const std::vector<double>& values);

}  // namespace spanwise::measure
