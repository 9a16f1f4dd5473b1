// SPDX-License-Identifier: Apache-2.0
// The checker's own exhaustive search of what a dual bound leaves open, in plain integers: all partial
// assignments of each half of the classes, breadth first, then the best pair. Nothing is shared with
// labels.h.
#pragma once

#include <cstdint>
#include <vector>

namespace spanwise::tuner {

__extension__ typedef __int128 WideInteger;

struct OpenOption {
  WideInteger cost, value;
  double reduced;  // value + multiplier * cost above the least of its class
};

struct OpenProblem {
  std::vector<std::vector<OpenOption>> classes;
  WideInteger room = 0;  // sums of costs stay within this
  double cost_unit = 0;  // what one unit of cost is as a number
  double multiplier = 0;
  double threshold = 0;  // of reduced + multiplier * unused room
  std::uint64_t max_labels = 0;
};

struct OpenResult {
  bool complete = false;
  bool found = false;
  WideInteger cost = 0, value = 0;  // the least value, and the least cost at that value
};

OpenResult search_open(const OpenProblem& problem);

}  // namespace spanwise::tuner
