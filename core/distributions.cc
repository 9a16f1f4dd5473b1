// SPDX-License-Identifier: Apache-2.0
#include "core/distributions.h"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace spanwise::core {

double student_t_quantile(double p, double degrees) { return quantile(boost::math::students_t(degrees), p); }

double normal_quantile(double p) { return quantile(boost::math::normal(), p); }

double student_t_two_sided(double t, double degrees) {
  return 2 * cdf(complement(boost::math::students_t(degrees), std::abs(t)));
}

}  // namespace spanwise::core
