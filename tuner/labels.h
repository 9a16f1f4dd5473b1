// SPDX-License-Identifier: Apache-2.0
// Exhaustive search of a small remainder of a knapsack. The classes are cut in two halves; for each half,
// labels list the partial assignments that may still be part of an optimum, less those that another one
// matches or beats; then the best pair of labels is found in one pass over both lists (Horowitz and Sahni,
// Computing Partitions with Applications to the Knapsack Problem, 1974).
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/amount.h"

namespace spanwise::tuner {

// An item, as its difference from the reference item of its class.
struct Option {
  Amount cost;
  Amount value;
  double reduced;  // value + multiplier * cost, at least 0 up to rounding
  double cost_number;
  std::uint32_t item;   // index into ChoiceTable::items
  std::uint32_t order;  // name order, for ties
};

struct LabelSearch {
  // In (layer, head) order; options by rising cost and falling value, the reference among them.
  std::vector<std::vector<Option>> classes;
  Amount room = 0;  // what the differences in cost may add up to
  double room_number = 0;
  double multiplier = 0;
  double threshold = 0;          // covers what has reduced + multiplier * unused room up to this
  std::uint64_t max_labels = 0;  // give up beyond so many in total,
  std::uint64_t max_peak = 0;    // or so many in one list
};

struct LabelResult {
  bool complete = false;  // every assignment within the threshold was covered
  bool found =
      false;  // some assignment keeps the room; when one lies within the threshold, `items` is the best
  Amount cost = 0, value = 0;
  std::vector<std::uint32_t> items;  // by value, then cost, then names; one a class
  std::uint64_t labels = 0;          // made in total
  std::uint64_t peak = 0;            // in one list
};

LabelResult search_labels(const LabelSearch& search);

}  // namespace spanwise::tuner
