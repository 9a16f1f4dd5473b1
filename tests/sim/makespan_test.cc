// SPDX-License-Identifier: Apache-2.0
#include "sim/makespan.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace spanwise;
using hwmodels::Schedule;

TEST_CASE("equal items take whole rounds") {
  CHECK(sim::makespan({{20, 3.0}}, 10, Schedule::kLongestFirst) == 6.0);
  CHECK(sim::makespan({{21, 3.0}}, 10, Schedule::kWaves) == 9.0);
  CHECK(sim::makespan({}, 10, Schedule::kWaves) == 0.0);
}

TEST_CASE("few items are scheduled one by one") {
  // Heaviest first on two slots: 5 | 3 + 3 -> 6; in order of rising cost: 3, 3 | then 5 -> 8.
  CHECK(sim::makespan({{1, 5.0}, {2, 3.0}}, 2, Schedule::kLongestFirst) == 6.0);
  CHECK(sim::makespan({{1, 5.0}, {2, 3.0}}, 2, Schedule::kWaves) == 8.0);
}

TEST_CASE("no schedule beats the total or the longest item, and the tail is bounded") {
  rc::check([] {
    const auto slots = *rc::gen::inRange<std::int64_t>(1, 40);
    const auto kinds = *rc::gen::inRange<std::size_t>(1, 6);
    std::vector<sim::ItemGroup> groups;
    double total = 0, longest = 0;
    for (std::size_t i = 0; i < kinds; ++i) {
      groups.push_back({static_cast<double>(*rc::gen::inRange(1, 300)), static_cast<double>(*rc::gen::inRange(1, 1000))});
      total += groups.back().items * groups.back().cost;
      longest = std::max(longest, groups.back().cost);
    }
    for (const auto schedule : {Schedule::kLongestFirst, Schedule::kWaves}) {
      const double span = sim::makespan(groups, slots, schedule);
      RC_ASSERT(span >= longest);
      RC_ASSERT(span >= total / static_cast<double>(slots) * (1 - 1e-12));
      RC_ASSERT(span <= total / static_cast<double>(slots) + longest + 1e-9);  // Graham's bound for list scheduling
    }
  });
}
