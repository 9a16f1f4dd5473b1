// SPDX-License-Identifier: Apache-2.0
#include "sim/makespan.h"

#include <algorithm>
#include <cmath>

namespace spanwise::sim {
namespace {

using hwmodels::Schedule;

constexpr double kSimulatedRounds = 4;  // of uneven items; more are spread evenly, an error below an eighth of an item

// Beyond this many items of a group between the first and the last processor, the group fills the gap item by item.
constexpr double kUneven = 1.5;

// Processors by the time at which they are free, the earliest on top of a heap.
class Slots {
 public:
  Slots(std::int64_t count, double from) : free_at_(static_cast<std::size_t>(count), from), end_(from) {}

  void take(double cost) {
    std::size_t at = 0;
    const double done = free_at_[0] + cost;
    while (true) {
      std::size_t child = 2 * at + 1;
      if (child >= free_at_.size()) break;
      if (child + 1 < free_at_.size() && free_at_[child + 1] < free_at_[child]) ++child;
      if (free_at_[child] >= done) break;
      free_at_[at] = free_at_[child];
      at = child;
    }
    free_at_[at] = done;
    end_ = std::max(end_, done);
  }

  // One item of the same cost for every processor: what list scheduling does when no two of them are further apart than
  // that cost. The order of the heap stays.
  void take_rounds(double rounds, double cost) {
    for (auto& time : free_at_) time += rounds * cost;
    end_ += rounds * cost;
  }

  double end() const { return end_; }
  double stagger() const { return end_ - free_at_[0]; }

 private:
  std::vector<double> free_at_;
  double end_;
};

double heaviest_first(std::vector<ItemGroup> groups, double heads, std::int64_t count) {
  const auto width = static_cast<double>(count);
  std::sort(groups.begin(), groups.end(), [](const ItemGroup& a, const ItemGroup& b) { return a.cost > b.cost; });
  double leftovers = 0;
  for (auto& group : groups) {
    group.items *= heads;
    leftovers += std::fmod(group.items, width);
  }
  double skip = std::max(0.0, leftovers - kSimulatedRounds * width);
  Slots slots(count, 0);
  double spread = 0;
  for (const auto& group : groups) {
    const double left = std::fmod(group.items, width);
    const double skipped = std::min(left, std::floor(skip));
    skip -= skipped;
    spread += skipped * group.cost / width;
    double rounds = std::floor(group.items / width);
    if (rounds > 0 && slots.stagger() > kUneven * group.cost) {
      for (double i = 0; i < width; ++i) slots.take(group.cost);
      --rounds;
    }
    slots.take_rounds(rounds, group.cost);
    for (double i = skipped; i < left; ++i) slots.take(group.cost);
  }
  return slots.end() + spread;
}

double in_launch_order(std::vector<ItemGroup> groups, double heads, std::int64_t count) {
  const auto width = static_cast<double>(count);
  std::sort(groups.begin(), groups.end(), [](const ItemGroup& a, const ItemGroup& b) { return a.cost < b.cost; });
  double items = 0, work = 0;
  for (const auto& group : groups) {
    items += group.items;
    work += group.items * group.cost;
  }
  double skip = std::max(0.0, std::floor(items * heads - kSimulatedRounds * width));
  const double whole_heads = std::floor(skip / items);
  skip -= whole_heads * items;
  double before = whole_heads * work;
  // The head in which the simulation begins loses its first `skip` items, which are the light ones.
  std::vector<ItemGroup> first = groups;
  for (auto& group : first) {
    const double skipped = std::min(group.items, skip);
    skip -= skipped;
    group.items -= skipped;
    before += skipped * group.cost;
  }
  Slots slots(count, before / width);
  for (double head = whole_heads; head < heads; ++head) {
    for (const auto& group : head == whole_heads ? first : groups) {
      for (double i = 0; i < group.items; ++i) slots.take(group.cost);
    }
  }
  return slots.end();
}

}  // namespace

double makespan(std::vector<ItemGroup> groups, double heads, std::int64_t slots, Schedule schedule) {
  std::erase_if(groups, [](const ItemGroup& group) { return group.items <= 0; });
  if (groups.empty() || heads <= 0) return 0;
  if (groups.size() == 1) return std::ceil(groups.front().items * heads / static_cast<double>(slots)) * groups.front().cost;
  return schedule == Schedule::kLongestFirst ? heaviest_first(std::move(groups), heads, slots)
                                             : in_launch_order(std::move(groups), heads, slots);
}

}  // namespace spanwise::sim
