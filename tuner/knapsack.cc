// SPDX-License-Identifier: Apache-2.0
#include "tuner/knapsack.h"

#include <algorithm>
#include <cmath>

#include "tuner/dual_bound.h"
#include "tuner/labels.h"

namespace spanwise::tuner {
namespace {

// A few roundings of a sum, relative to the magnitudes of its terms (a double rounds at 2^-53).
constexpr double kRounding = 0x1.0p-48;
// Far beyond any rounding.
constexpr double kClear = 0x1.0p-40;

double magnitude(const Item& item, double multiplier) {
  return std::fabs(item.value_number) + multiplier * std::fabs(item.cost_number);
}

}  // namespace

struct Knapsack::Work {
  double limit;
  Amount room;  // the limit as an amount
  const Effort& options;
  KnapsackResult result;
  std::vector<std::uint32_t> reference;  // item of least value + multiplier * cost, one a class
  Amount reference_cost = 0, reference_value = 0;
  std::vector<std::vector<Option>> survivors;  // items that an assignment better than the greedy one may hold
  double gap = 0;                              // greedy assignment above the dual bound
  double rounding = 0;                         // what rounding can do to a sum of reduced costs
};

Knapsack::Knapsack(ChoiceTable table) : table_(std::move(table)), walk_(hull_walk(table_)) {}

KnapsackResult Knapsack::solve(double limit, const Effort& options) const {
  Work work{limit, table_.cost_scale.largest_within(limit), options, {}, {}, 0, 0, {}, 0, 0};
  relax(work);
  if (!work.result.feasible) return work.result;
  eliminate(work);
  close(work);
  return work.result;
}

// Walks down the hull as far as the limit allows; the edge that no longer fits gives the multiplier. Later
// edges that still fit improve the assignment.
void Knapsack::relax(Work& work) const {
  auto& result = work.result;
  for (std::size_t i = 0; i < table_.classes(); ++i) {
    result.items.push_back(static_cast<std::uint32_t>(table_.begin[i]));
    result.cost += table_.items[table_.begin[i]].cost;
    result.value += table_.items[table_.begin[i]].value;
  }
  result.least_cost = table_.cost_scale.number(result.cost);
  result.feasible = result.cost <= work.room;
  if (!result.feasible) return;
  bool all_fit = true;
  for (const auto& edge : walk_) {
    if (result.items[edge.class_index] != edge.from) continue;
    if (result.cost + edge.cost <= work.room) {
      result.items[edge.class_index] = edge.to;
      result.cost += edge.cost;
      result.value -= edge.value;
    } else if (all_fit) {
      all_fit = false;
      // Any multiplier of at least 0 gives a true bound; this cap only keeps products finite.
      result.multiplier = std::min(edge.drop, 1e300 / std::max(1.0, largest_cost_sum(table_, work.limit)));
    }
  }
}

// Elimination by reduced cost: an assignment lies above the dual bound by the reduced costs of its items plus
// multiplier * unused room, so an item whose own reduced cost exceeds the gap is in no better one.
void Knapsack::eliminate(Work& work) const {
  auto& result = work.result;
  const double multiplier = result.multiplier;
  auto relaxation = relaxation_at(table_, multiplier, work.limit);
  result.dual_bound = relaxation.bound;
  work.reference = std::move(relaxation.items);
  work.gap = std::max(0.0, table_.value_scale.number(result.value) - result.dual_bound);
  double size = std::fabs(result.dual_bound) + (multiplier > 0 ? multiplier * std::fabs(work.limit) : 0.0);
  for (const auto k : work.reference) {
    work.reference_cost += table_.items[k].cost;
    work.reference_value += table_.items[k].value;
    size += magnitude(table_.items[k], multiplier);
  }
  work.survivors.resize(table_.classes());
  const double base = size;
  for (std::size_t i = 0; i < table_.classes(); ++i) {
    const auto& reference = table_.items[work.reference[i]];
    const double least = relaxed_value(reference, multiplier);
    double largest = 0;
    for (auto k = table_.begin[i]; k < table_.begin[i + 1]; ++k) {
      const auto& item = table_.items[k];
      const double own = magnitude(item, multiplier);
      const double reduced = relaxed_value(item, multiplier) - least;
      if (reduced > work.gap + kClear * (base + own)) continue;
      largest = std::max(largest, own);
      const Amount cost = item.cost - reference.cost;
      work.survivors[i].push_back({cost, item.value - reference.value, reduced,
                                   table_.cost_scale.number(cost), static_cast<std::uint32_t>(k),
                                   item.order});
    }
    size += largest;
  }
  work.rounding = kRounding * size;
}

// Labels for all assignments within a small distance of the dual bound, widened until one is found: then the
// best of them is the optimum. The greedy assignment lies within the last distance, so the last round always
// finds one. The work grows some twentyfold with twice the distance, so small steps cost little and overshoot
// less.
void Knapsack::close(Work& work) const {
  constexpr double kFirst = 1.0 / 256, kStep = 1.4142135623730951;
  auto& result = work.result;
  result.searched_to = result.dual_bound;
  for (double share = kFirst;; share = std::min(1.0, share * kStep)) {
    const double distance = work.gap * share;
    LabelSearch search;
    std::vector<std::size_t> open;  // which class each of search.classes is
    search.room = work.room - work.reference_cost;
    search.room_number = table_.cost_scale.number(search.room);
    search.multiplier = result.multiplier;
    search.threshold = distance + 2 * work.rounding;
    search.max_labels = work.options.max_labels - std::min(work.options.max_labels, result.labels);
    search.max_peak = work.options.max_labels / 16;
    result.options = 0;
    for (std::size_t i = 0; i < table_.classes(); ++i) {
      const auto near = [&](const Option& option) { return option.reduced <= search.threshold; };
      const auto count = std::count_if(work.survivors[i].begin(), work.survivors[i].end(), near);
      result.options += static_cast<std::uint64_t>(count);
      if (count < 2) continue;
      open.push_back(i);
      auto& options = search.classes.emplace_back();
      std::copy_if(work.survivors[i].begin(), work.survivors[i].end(), std::back_inserter(options), near);
    }
    const auto found = search_labels(search);
    result.labels += found.labels;
    result.peak_labels = std::max(result.peak_labels, found.peak);
    if (!found.complete) return;
    const Amount value = work.reference_value + found.value;
    const double above = table_.value_scale.number(value) - result.dual_bound;
    core::ensure(found.found || share < 1.0, "the widest search finds the greedy assignment at least");
    if (found.found && (above <= distance + work.rounding || share == 1.0)) {
      result.items = work.reference;
      for (std::size_t i = 0; i < open.size(); ++i) result.items[open[i]] = found.items[i];
      result.cost = work.reference_cost + found.cost;
      result.value = value;
      result.searched_to = table_.value_scale.number(value);
      result.exhausted = true;
      return;
    }
    result.searched_to = result.dual_bound + distance;
  }
}

}  // namespace spanwise::tuner
