// SPDX-License-Identifier: Apache-2.0
#include "measure/fit_kernel.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "core/random.h"
#include "measure/calibration_run.h"
#include "measure/fit_correction.h"
#include "measure/smoothness.h"
#include "sim/correction.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

namespace {

patterns::Case prefill(std::int64_t batch, std::int64_t length, std::int64_t heads, std::int64_t kv_heads) {
  patterns::Case shape;
  shape.batch = batch;
  shape.q_len = shape.kv_len = length;
  shape.q_heads = heads;
  shape.kv_heads = kv_heads;
  shape.pattern = patterns::Dense{true};
  shape.causal = true;
  return shape;
}

// Times of the sample machine, slowed by a smooth factor that its constants cannot express.
std::vector<measure::MeasuredCase> slowed_rows(const hwmodels::Machine& machine) {
  const auto kernels = testing::sample_kernels();
  sim::CountCache counts;
  std::vector<measure::MeasuredCase> rows;
  for (const std::int64_t batch : {1, 2, 8, 32}) {
    for (const std::int64_t length : {300, 700, 1100, 2000, 4100, 7000}) {
      for (const std::int64_t heads : {4, 8, 24}) {
        for (const std::int64_t kv_heads : {1, 2, 4}) {
          auto shape = prefill(batch, length, heads, kv_heads);
          shape.kernel = "dense-kernel";
          const auto choice = sim::choose_kernel(shape, {&machine, &kernels, &counts});
          REQUIRE(choice);
          const double factor = 1.1 + 0.1 * std::sin(0.5 * std::log2(static_cast<double>(length * batch)));
          rows.push_back({shape, choice->estimate.time.value * factor});
        }
      }
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("a correction finds what the constants cannot say, on rows that it did not see") {
  const auto machine = testing::sample_machine();
  const auto rows = slowed_rows(machine);
  const auto fitted = measure::fit_kernel(rows, "dense-kernel", machine, testing::sample_kernels(), {});
  REQUIRE(fitted);
  CHECK(fitted->fitted == rows.size());
  REQUIRE(fitted->errors.size() == 2);
  CHECK(fitted->errors.front().family == "prefill dense d128");
  CHECK(fitted->errors.back().mean < 0.02);
  CHECK(fitted->errors.back().covered > 0.8);

  // Outside the fitted shapes the interval widens and says so.
  const auto corrected = [&](const patterns::Case& shape) {
    const auto kernels = testing::sample_kernels();
    const auto& kernel = kernels.at("dense-kernel");
    sim::CountCache counts;
    auto work = sim::tile_work(shape, kernel, kernel.tiles.front(), counts);
    REQUIRE(work);
    return sim::correct(shape, {&kernel, &fitted->constants, &machine, std::move(*work)});
  };
  const auto inside = corrected(prefill(2, 1500, 8, 2));
  const auto longer = corrected(prefill(2, 30'000, 8, 2));
  CHECK_FALSE(inside.outside);
  CHECK(longer.outside);
  CHECK(longer.width > inside.width);
  auto decode = prefill(2, 1500, 8, 2);
  decode.phase = patterns::Phase::kDecode;
  CHECK(corrected(decode).outside);
}

TEST_CASE("picked rows are spread out, and all others are the test") {
  const auto machine = testing::sample_machine();
  const auto rows = slowed_rows(machine);
  measure::FitOptions options;
  options.pick = 40;
  const auto fitted = measure::fit_kernel(rows, "dense-kernel", machine, testing::sample_kernels(), options);
  REQUIRE(fitted);
  CHECK(fitted->fitted == 40);
  CHECK(fitted->tested == rows.size() - 40);
  CHECK(fitted->errors.back().mean < 0.06);

  const std::vector<hwmodels::ShapePoint> line = {{0}, {1}, {2}, {3}, {4}};
  CHECK(measure::spread_out(line, 3) == std::vector<std::size_t>{2, 0, 4});
  CHECK(measure::spread_out({line[0], line[0]}, 2).size() == 1);
}

TEST_CASE("scales are short along an axis that matters, long along one that does not, and rows without order are noise") {
  std::uint64_t index = 0;
  const auto uniform = [&] { return core::random_unit(core::random_bits(7, 0, index++)); };
  std::vector<hwmodels::ShapePoint> points;
  std::vector<double> smooth, wild;
  for (int i = 0; i < 150; ++i) {
    hwmodels::ShapePoint at{};
    at[0] = 10 * uniform();
    at[1] = 10 * uniform();
    points.push_back(at);
    smooth.push_back(0.3 * std::sin(at[0]));
    wild.push_back(uniform() - 0.5);
  }
  const auto found = measure::likely_smoothness(points, smooth);
  CHECK(found.scales[0] < 4);
  CHECK(found.scales[1] > 4 * found.scales[0]);
  CHECK(found.noise < 0.01);
  CHECK(measure::likely_smoothness(points, wild).noise > 1);
}

TEST_CASE("the times of a run are divided by what its anchors take of the first run's time") {
  measure::CalibrationRun run;
  const auto anchor = prefill(1, 1024, 8, 8), other = prefill(2, 2048, 8, 8);
  run.rows = {{anchor, 1, true, 1e-3}, {anchor, 2, true, 1.25e-3}, {other, 2, false, 5e-3}};
  run.run_factors = {1.0, 1.25};
  const auto cases = measure::measured_cases(run);
  REQUIRE(cases.size() == 2);
  CHECK(cases[0].seconds == doctest::Approx(1e-3));
  CHECK(cases[1].seconds == doctest::Approx(4e-3));
}

TEST_CASE("a calibration plan is spread over families and the same every time") {
  const auto machine = testing::sample_machine();
  const auto kernels = testing::sample_kernels();
  measure::PlanOptions options;
  options.cases = 24;
  const auto plan = measure::plan_calibration(kernels.at("sparse-kernel"), machine, options);
  REQUIRE(plan);
  CHECK(plan->cases.size() == 24);
  CHECK(plan->anchors == 12);
  std::set<std::string> shapes;
  std::set<std::string> kinds;
  for (std::size_t i = 0; i < plan->cases.size(); ++i) {
    shapes.insert(patterns::to_json(plan->cases[i]));
    if (i < plan->anchors) kinds.insert(hwmodels::pattern_kind(plan->cases[i].pattern));
  }
  CHECK(shapes.size() == 24);
  CHECK(kinds.size() > 1);
  // Each head dim has its share, and both masks and both windows are among the shapes.
  std::map<std::int64_t, int> head_dims;
  std::set<bool> masks;
  std::set<std::string> windows;
  for (const auto& shape : plan->cases) {
    ++head_dims[shape.head_dim];
    if (hwmodels::pattern_kind(shape.pattern) == "dense") masks.insert(shape.causal);
    if (hwmodels::pattern_kind(shape.pattern) == "sliding_window") windows.insert(patterns::to_json(shape.pattern));
  }
  CHECK(head_dims.size() == 2);
  CHECK(head_dims[64] == head_dims[128]);
  CHECK(masks.size() == 2);
  CHECK(windows.size() == 2);
  options.head_dims = {128};
  const auto narrow = measure::plan_calibration(kernels.at("sparse-kernel"), machine, options);
  REQUIRE(narrow);
  for (const auto& shape : narrow->cases) CHECK(shape.head_dim == 128);
  options.head_dims = {64, 128};
  const auto again = measure::plan_calibration(kernels.at("sparse-kernel"), machine, options);
  REQUIRE(again);
  CHECK(again->cases == plan->cases);
}
