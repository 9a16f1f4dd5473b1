// SPDX-License-Identifier: Apache-2.0
// Labels over blocks under any number of limits: partial choices, less those that another one matches or beats in
// every dimension and those that cannot end within the limits and the distance.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/search/block_search.h"
#include "tuner/search/effort.h"

namespace spanwise::tuner {

struct LabelTask {
  const Space* space = nullptr;
  std::vector<std::size_t> blocks;                 // indices into Space::blocks
  std::vector<std::vector<BlockOption>> options;   // of each of `blocks`, at least one
  std::vector<Amount> base;                        // what all other blocks come to, one a dimension
  std::vector<double> multipliers;
  double distance = 0;          // covers what has reduced + multipliers . unused room up to this
  std::uint64_t max_labels = 0; // in total
  std::uint64_t max_peak = 0;   // kept of one block on; beyond it the search is no longer complete
};

struct LabelAnswer {
  bool complete = false;
  bool found = false;
  std::vector<Amount> amounts;         // one a dimension
  std::vector<std::uint32_t> options;  // one for each of the task's blocks
  std::uint64_t labels = 0, peak = 0;
};

LabelAnswer search_many_labels(const LabelTask& task, const Effort& effort);

// By amount 0, then by the amounts of upper limits in their order; 0 when all are equal.
int compare_choices(const Space& space, const Amount* a, const Amount* b);

}  // namespace spanwise::tuner
