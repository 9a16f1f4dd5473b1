// SPDX-License-Identifier: Apache-2.0
// Exhaustive search of a small remainder of a knapsack by labels: one label for each partial assignment that may still
// lead to an optimum, and of two labels the better one where one beats the other.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/amount.h"

namespace spanwise::tuner {

// An item, as its difference from the reference item of its class.
struct Option {
  Amount cost;
  Amount value;
  double reduced;        // value + multiplier * cost, at least 0 up to rounding
  double cost_number;
  std::uint32_t item;    // index into ChoiceTable::items
  std::uint32_t order;   // name order, for ties
};

struct LabelSearch {
  std::vector<std::vector<Option>> classes;  // in (layer, head) order; options by rising cost, none beaten by another
  Amount room = 0;          // what the differences in cost may add up to
  double room_number = 0;
  double multiplier = 0;
  double threshold = 0;     // drop what has reduced + multiplier * unused room above this
  std::uint64_t max_labels = 0;  // give up beyond so many in total,
  std::uint64_t max_peak = 0;    // or so many after one class
};

struct LabelResult {
  bool complete = false;  // every assignment within the threshold was covered
  bool found = false;     // one exists
  Amount cost = 0, value = 0;
  std::vector<std::uint32_t> items;  // the best one by value, cost and names, one a class
  std::uint64_t labels = 0;          // made in total
  std::uint64_t peak = 0;            // after one class
};

LabelResult search_labels(const LabelSearch& search);

}  // namespace spanwise::tuner
