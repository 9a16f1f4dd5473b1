// SPDX-License-Identifier: Apache-2.0
// Smooth factors from what the constants leave over (hwmodels/correction.h).
#pragma once

#include <vector>

#include "hwmodels/correction.h"
#include "patterns/case.h"

namespace spanwise::measure {

struct Residual {
  patterns::Case shape;
  hwmodels::ShapePoint at{};  // sim::shape_point()
  double log_ratio = 0;  // log(measured / modelled)
};

// One correction for each family (phase, kind of pattern, head dim, formats) with at least kFamilyRows rows, sorted.
// Regularised least squares on at most `most_knots` knots chosen far from each other (subset of regressors: Quinonero-
// Candela and Rasmussen, JMLR 6, 2005); the length scale of each axis and the noise from smoothness.h. Spreads are 90 % quantiles of the
// leave-one-out residuals near each knot, scaled so that the intervals hold 91 % of them, and wider for few rows.
inline constexpr std::size_t kFamilyRows = 12;
std::vector<hwmodels::Correction> fit_corrections(const std::vector<Residual>& residuals, std::size_t most_knots);

// Indices of up to `count` points, each the farthest from those before; the first is the nearest to the mean (Gonzalez 1985).
std::vector<std::size_t> spread_out(const std::vector<hwmodels::ShapePoint>& points, std::size_t count);

}  // namespace spanwise::measure
