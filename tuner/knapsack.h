// SPDX-License-Identifier: Apache-2.0
// The exact multiple-choice knapsack: the least value under one limit, proved. Linear relaxation (hull.h), a
// greedy assignment, elimination by reduced cost, and labels (labels.h) on what is left; tuners' literature
// calls the last two steps the core of the problem (Pisinger, A minimal algorithm for the multiple-choice
// knapsack problem, 1995).
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/choice_table.h"
#include "tuner/hull.h"
#include "tuner/search/effort.h"

namespace spanwise::tuner {


struct KnapsackResult {
  bool feasible = false;
  double least_cost = 0;  // the smallest sum of costs there is, rounded to double
  // The rest only when feasible.
  bool exhausted = false;            // nothing is better, by value, then cost, then names
  std::vector<std::uint32_t> items;  // one index into ChoiceTable::items a class
  Amount cost = 0, value = 0;
  double multiplier = 0;   // value per cost at the limit, at least 0
  double dual_bound = 0;   // no assignment within the limit has a smaller value
  double searched_to = 0;  // a better such bound, by search; dual_bound when the search found none
  std::uint64_t labels = 0, peak_labels = 0,
                options = 0;  // work done; options: items that survived elimination
};

class Knapsack {
 public:
  // Every class of the table needs an item.
  explicit Knapsack(ChoiceTable table);

  // `limit` may be infinite. Sums are compared with it after one rounding to double (amount.h).
  KnapsackResult solve(double limit, const Effort& effort = {}) const;

  const ChoiceTable& table() const { return table_; }
  const std::vector<Edge>& walk() const { return walk_; }

 private:
  struct Work;
  void relax(Work& work) const;
  void eliminate(Work& work) const;
  void close(Work& work) const;

  ChoiceTable table_;
  std::vector<Edge> walk_;
};

}  // namespace spanwise::tuner
