// SPDX-License-Identifier: Apache-2.0
#include "measure/fit_constants.h"

#include <doctest/doctest.h>

#include <vector>

#include "sim/kernel_choice.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

TEST_CASE("a fit finds the constants that made the times") {
  auto machine = testing::sample_machine();
  machine.memory_bandwidth.value = {1e18};  // compute-bound, as the fit needs
  const auto kernels = testing::sample_kernels();
  auto& truth = machine.kernels.at("sparse-kernel");
  truth.matrix = 1.3;
  truth.exponential = 0.7;
  truth.partial_per_score = 0.05;
  truth.item_cycles = 900;
  truth.call = {3e-6};
  sim::CountCache counts;
  std::vector<measure::TimedCase> cases;
  for (const std::int64_t dim : {32, 64, 128}) {
    for (const std::int64_t window : {0, 64, 512}) {
      patterns::Case shape;
      shape.q_len = shape.kv_len = window == 0 ? 640 : 640 * dim / 32;  // items must not grow with the calls alone
      shape.q_heads = shape.kv_heads = 100;
      shape.head_dim = shape.head_dim_v = dim;
      shape.kernel = "sparse-kernel";
      if (window > 0) shape.pattern = patterns::SlidingWindow{window, 0, false};
      const auto choice = sim::choose_kernel(shape, {&machine, &kernels, &counts});
      REQUIRE(choice);
      const double seconds = sim::attention_seconds(choice->shape, choice->priced, sim::Effect::kClock).value;
      cases.push_back({choice->shape, choice->priced.work, seconds});
    }
  }
  auto start = measure::unknown_constants();
  const auto fitted = measure::fit_constants(cases, kernels.at("sparse-kernel"), machine, start, 0.01);
  REQUIRE(fitted);
  CHECK(fitted->matrix == doctest::Approx(1.3).epsilon(0.05));
  CHECK(fitted->exponential == doctest::Approx(0.7).epsilon(0.05));
  CHECK(fitted->partial_per_score == doctest::Approx(0.05).epsilon(0.05));
  CHECK(fitted->item_cycles == doctest::Approx(900).epsilon(0.05));
  CHECK(fitted->call.value == doctest::Approx(3e-6).epsilon(0.05));
  CHECK(fitted->error_90 == doctest::Approx(0.01));  // the least that is claimed

  cases.resize(4);
  CHECK_FALSE(measure::fit_constants(cases, kernels.at("sparse-kernel"), machine, start, 0.01));
}
