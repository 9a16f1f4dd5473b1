// SPDX-License-Identifier: Apache-2.0
// Steps in histories, by simulation: how often one is seen that is not there, and how often and where one that is.
#include "measure/steps.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "core/random.h"
#include "tests/support/sanitized.h"

using namespace spanwise;
using namespace spanwise::measure;

namespace {

double unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) { return core::random_unit(core::random_bits(seed, stream, i)); }

// Normal by Box and Muller.
double normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  return std::sqrt(-2 * std::log(1 - unit(seed, stream, 2 * i))) * std::cos(6.283185307179586 * unit(seed, stream, 2 * i + 1));
}

struct Noise {
  const char* name;
  double deviation;
  double (*draw)(std::uint64_t seed, std::uint64_t stream, std::uint64_t i);
};

const Noise kNormal{"normal", 0.02, normal};
// One run in seven up to 30 % above: what other work on the machine does.
const Noise kDisturbed{"disturbed", 0.02, [](std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  return normal(seed, stream, i) + (unit(seed + 9, stream, i) < 1.0 / 7 ? 15 * unit(seed + 8, stream, i) : 0);
}};
// A clock that ticks coarsely: many equal times.
const Noise kTied{"tied", 0.02, [](std::uint64_t seed, std::uint64_t stream, std::uint64_t i) { return std::round(normal(seed, stream, i)); }};

// Times whose log is 0 before the first of `changes` and then their level, in deviations.
struct Change {
  std::size_t at;
  double level;
};

std::vector<double> history(const Noise& noise, std::uint64_t stream, std::size_t runs, const std::vector<Change>& changes) {
  std::vector<double> times;
  double level = 0;
  for (std::size_t i = 0; i < runs; ++i) {
    for (const auto& change : changes) level = change.at == i ? change.level : level;
    times.push_back(std::exp(noise.deviation * (level + noise.draw(1, stream, i))));
  }
  return times;
}

constexpr std::size_t kCases = 8;
const StepRules kOfASuite{0.01 / kCases, 0.02};

// Of `histories` of one case: how many show exactly one step, at most `off` runs from `at`.
double found(const Noise& noise, std::size_t runs, std::size_t at, double level, std::size_t off, std::uint64_t histories) {
  std::uint64_t count = 0;
  for (std::uint64_t h = 0; h < histories; ++h) {
    const auto steps = find_steps(history(noise, h, runs, {{at, level}}), kOfASuite);
    count += steps.size() == 1 && steps[0].at + off >= at && steps[0].at <= at + off ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(histories);
}

}  // namespace

TEST_CASE("at most 1 % of histories of 8 cases without a step show one") {
  for (const auto& noise : {kNormal, kDisturbed, kTied}) {
    for (const std::size_t runs : {12u, 40u}) {
      const auto histories = testing::random_cases(1000);
      std::uint64_t wrong = 0;
      for (std::uint64_t h = 0; h < histories; ++h) {
        bool any = false;
        for (std::uint64_t c = 0; c < kCases; ++c) any = any || !find_steps(history(noise, kCases * h + c, runs, {}), kOfASuite).empty();
        wrong += any ? 1 : 0;
      }
      INFO(noise.name, ", ", runs, " runs: ", wrong, " of ", histories);
      // A true rate of 1 % stays below this in 999 of 1000 tests.
      const double expected = 0.01 * static_cast<double>(histories);
      CHECK(static_cast<double>(wrong) <= expected + 3.1 * std::sqrt(expected));
    }
  }
}

TEST_CASE("a step of three times the noise is found in 95 of 100 histories, near the run that began it") {
  if (testing::kSanitized) return;  // shares of too few histories say nothing
  const std::uint64_t histories = 100;
  const std::pair<std::size_t, std::size_t> places[] = {{30, 15}, {40, 30}, {60, 10}};
  for (const auto& [runs, at] : places) {
    for (const double level : {3.0, -3.0}) {
      const double share = found(kNormal, runs, at, level, 4, histories);
      INFO(level, " at ", at, " of ", runs, ": ", share);
      CHECK(share >= 0.95);
      CHECK(found(kNormal, runs, at, level, 1, histories) >= 0.85);
    }
  }
  // Its deviation is 3.3, disturbances included; a run that was disturbed just before looks like the first of the step.
  const double share = found(kDisturbed, 40, 20, 3 * 3.3, 4, histories);
  INFO("disturbed: ", share);
  CHECK(share >= 0.95);
}

TEST_CASE("a slow week between two fast months is two steps, with their ratios") {
  if (testing::kSanitized) return;
  const std::uint64_t histories = 60;
  std::uint64_t count = 0;
  for (std::uint64_t h = 0; h < histories; ++h) {
    const auto steps = find_steps(history(kNormal, h, 56, {{20, 4}, {32, 0}}), kOfASuite);
    count += steps.size() == 2 && steps[0].interval.ratio > 1.04 && steps[1].interval.ratio < 1 / 1.04 ? 1 : 0;
  }
  INFO(count, " of ", histories);
  CHECK(static_cast<double>(count) >= 0.9 * static_cast<double>(histories));
}

TEST_CASE("a step has its runs, medians, ratio and interval; one below the smallest effect is not told") {
  const auto times = [](double factor) {
    std::vector<double> all;
    for (int i = 0; i < 40; ++i) all.push_back((i < 25 ? 2 : 2 * factor) * (1 + 1e-4 * (i * 7 % 10)));
    return all;
  };
  const auto steps = find_steps(times(1.05), {});
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].at == 25);
  CHECK(steps[0].before == 25);
  CHECK(steps[0].after == 15);
  CHECK(steps[0].interval.ratio == doctest::Approx(1.05).epsilon(1e-4));
  CHECK(steps[0].interval.low < steps[0].interval.ratio);
  CHECK(steps[0].interval.high > steps[0].interval.ratio);
  CHECK(steps[0].before_ms == doctest::Approx(2.0).epsilon(1e-3));
  CHECK(steps[0].after_ms == doctest::Approx(2.1).epsilon(1e-3));
  CHECK(find_steps(times(1.015), {}).empty());
  CHECK(find_steps(times(1.015), {0.01, 0.01}).size() == 1);
  CHECK(find_steps({}, {}).empty());
  CHECK(find_steps(std::vector<double>(30, 1.0), {}).empty());
  CHECK(find_steps(std::vector<double>{1, 1, 1, 2, 2, 2, 2}, {}).empty());  // too few
}
