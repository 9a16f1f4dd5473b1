// SPDX-License-Identifier: Apache-2.0
#include "core/statistics.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace spanwise::core {
namespace {

TEST_CASE("quantiles interpolate between order statistics") {
  // R: quantile(c(3, 1, 4, 1, 5), c(0, .1, .25, .5, .9, 1), type = 7) gives 1, 1, 1, 3, 4.6, 5.
  const std::vector<double> samples = {3, 1, 4, 1, 5};
  CHECK(quantile(samples, 0) == 1);
  CHECK(quantile(samples, 0.1) == 1);
  CHECK(quantile(samples, 0.25) == 1);
  CHECK(quantile(samples, 0.5) == 3);
  CHECK(quantile(samples, 0.9) == doctest::Approx(4.6));
  CHECK(quantile(samples, 1) == 5);
}

TEST_CASE("few samples") {
  CHECK(quantile({}, 0.5) == 0);
  CHECK(quantile({7}, 0.99) == 7);
  CHECK(median({2, 1}) == 1.5);
}

TEST_CASE("as many samples lie below the median as above") {
  CHECK(rc::check([](const std::vector<int>& values) {
    RC_PRE(!values.empty());
    const std::vector<double> samples(values.begin(), values.end());
    const double middle = median(samples);
    const auto below = std::count_if(samples.begin(), samples.end(), [&](double x) { return x < middle; });
    const auto above = std::count_if(samples.begin(), samples.end(), [&](double x) { return x > middle; });
    const auto half = static_cast<std::ptrdiff_t>(samples.size() / 2);
    RC_ASSERT(below <= half);
    RC_ASSERT(above <= half);
  }));
}

}  // namespace
}  // namespace spanwise::core
