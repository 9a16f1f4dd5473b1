// SPDX-License-Identifier: Apache-2.0
// A problem with one limited and one minimized mix as a multiple-choice knapsack: classes of items, one of
// each class to be taken. A class is a head, or a whole layer whose heads must all take one rule.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tuner/amount.h"
#include "tuner/problem.h"

namespace spanwise::tuner {

struct Item {
  Amount cost;         // of the limited mix
  Amount value;        // of the minimized mix
  double cost_number;  // the same as doubles
  double value_number;
  std::uint32_t rule;   // index into Problem::rules
  std::uint32_t order;  // place of the rule's name among all names: smaller wins a tie
};

struct ChoiceTable {
  AmountScale cost_scale;
  AmountScale value_scale;
  // Items that no other of their class beats, cost rising and value falling; class i is [begin[i], begin[i +
  // 1]).
  std::vector<Item> items;
  std::vector<std::size_t> begin;
  // Heads as indices into Problem::heads in (layer, head) order; those of class i are [first_head[i],
  // first_head[i+1]).
  std::vector<std::size_t> heads;
  std::vector<std::size_t> first_head;
  // Why some class has no item at all; empty when each has one.
  std::string impossible;

  std::size_t classes() const { return first_head.size() - 1; }
  std::span<const Item> of(std::size_t i) const { return {items.data() + begin[i], begin[i + 1] - begin[i]}; }
};

// An empty `limited` makes every cost 0. Amounts that overflow a double are an error.
core::Result<ChoiceTable> make_choice_table(const Problem& problem, const Mix& limited, const Mix& minimized);

}  // namespace spanwise::tuner
