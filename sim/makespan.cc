// SPDX-License-Identifier: Apache-2.0
#include "sim/makespan.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

namespace spanwise::sim {
namespace {

using hwmodels::Schedule;

// List scheduling: each item goes to the slot that is free first.
double simulate(const std::vector<ItemGroup>& groups, std::int64_t slots) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (std::int64_t i = 0; i < slots; ++i) free_at.push(0.0);
  double end = 0;
  for (const auto& group : groups) {
    for (double item = 0; item < group.items; ++item) {
      const double done = free_at.top() + group.cost;
      free_at.pop();
      free_at.push(done);
      end = std::max(end, done);
    }
  }
  return end;
}

}  // namespace

double makespan(std::vector<ItemGroup> groups, std::int64_t slots, Schedule schedule) {
  std::erase_if(groups, [](const ItemGroup& group) { return group.items <= 0; });
  if (groups.empty()) return 0;
  std::sort(groups.begin(), groups.end(), [schedule](const ItemGroup& a, const ItemGroup& b) {
    return schedule == Schedule::kLongestFirst ? a.cost > b.cost : a.cost < b.cost;
  });
  double items = 0, total = 0, longest = 0, lightest = groups.front().cost;
  for (const auto& group : groups) {
    items += group.items;
    total += group.items * group.cost;
    longest = std::max(longest, group.cost);
    lightest = std::min(lightest, group.cost);
  }
  const auto width = static_cast<double>(slots);
  if (groups.size() == 1) return std::ceil(items / width) * longest;
  if (items <= 8 * width) return simulate(groups, slots);
  const double tail = 0.5 * (schedule == Schedule::kLongestFirst ? lightest : longest);
  return std::max(total / width + tail, longest);
}

}  // namespace spanwise::sim
