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
  CHECK(sim::makespan({{2, 3.0}}, 10, 10, Schedule::kLongestFirst) == 6.0);
  CHECK(sim::makespan({{7, 3.0}}, 3, 10, Schedule::kWaves) == 9.0);
  CHECK(sim::makespan({}, 1, 10, Schedule::kWaves) == 0.0);
}

TEST_CASE("few items are scheduled one by one") {
  // Heaviest first on two slots: 5 | 3 + 3 -> 6; in order of rising cost: 3, 3 | then 5 -> 8.
  CHECK(sim::makespan({{1, 5.0}, {2, 3.0}}, 1, 2, Schedule::kLongestFirst) == 6.0);
  CHECK(sim::makespan({{1, 5.0}, {2, 3.0}}, 1, 2, Schedule::kWaves) == 8.0);
}

TEST_CASE("waves launch head by head, heaviest first takes all heads together") {
  // One slot short of two heads of 1, 4: in launch order 1, 4 | 1, 4 on three slots: 1 + 4 = 5; heaviest first: 4, 4, 1 + 1.
  CHECK(sim::makespan({{1, 4.0}, {1, 1.0}}, 2, 3, Schedule::kWaves) == 5.0);
  CHECK(sim::makespan({{1, 4.0}, {1, 1.0}}, 2, 3, Schedule::kLongestFirst) == 4.0);
}

TEST_CASE("long schedules are close to a simulation of every item") {
  rc::check([] {
    const auto slots = *rc::gen::inRange<std::int64_t>(2, 20);
    const int heads = *rc::gen::inRange(1, 40);
    const int tiles = *rc::gen::inRange(2, 40);
    std::vector<sim::ItemGroup> causal;
    for (int i = 1; i <= tiles; ++i) causal.push_back({1, 2.0 + i});
    for (const auto schedule : {Schedule::kLongestFirst, Schedule::kWaves}) {
      std::vector<double> order;
      for (int head = 0; head < heads; ++head) {
        for (const auto& group : causal) order.push_back(group.cost);
      }
      if (schedule == Schedule::kLongestFirst) std::sort(order.rbegin(), order.rend());
      std::vector<double> free_at(static_cast<std::size_t>(slots), 0.0);
      for (const double cost : order) *std::min_element(free_at.begin(), free_at.end()) += cost;
      const double exact = *std::max_element(free_at.begin(), free_at.end());
      RC_ASSERT(std::abs(sim::makespan(causal, heads, slots, schedule) - exact) <= 0.5 * (2.0 + tiles) + 1e-9);
    }
  });
}

TEST_CASE("no schedule beats the total or the longest item, and the tail is bounded") {
  rc::check([] {
    const auto slots = *rc::gen::inRange<std::int64_t>(1, 40);
    const double heads = *rc::gen::inRange(1, 50);
    const auto kinds = *rc::gen::inRange<std::size_t>(1, 6);
    std::vector<sim::ItemGroup> groups;
    double total = 0, longest = 0;
    for (std::size_t i = 0; i < kinds; ++i) {
      groups.push_back({static_cast<double>(*rc::gen::inRange(1, 300)), static_cast<double>(*rc::gen::inRange(1, 1000))});
      total += heads * groups.back().items * groups.back().cost;
      longest = std::max(longest, groups.back().cost);
    }
    for (const auto schedule : {Schedule::kLongestFirst, Schedule::kWaves}) {
      const double span = sim::makespan(groups, heads, slots, schedule);
      RC_ASSERT(span >= longest);
      RC_ASSERT(span >= total / static_cast<double>(slots) * (1 - 1e-12));
      RC_ASSERT(span <= total / static_cast<double>(slots) + longest + 1e-9);  // Graham's bound for list scheduling
    }
  });
}
