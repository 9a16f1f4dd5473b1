// SPDX-License-Identifier: Apache-2.0
// The linear relaxation of a multiple-choice knapsack, solved for every limit at once (Sinha and Zoltners,
// The Multiple-Choice Knapsack Problem, 1979): each class keeps the corners of its lower convex hull, and all
// edges together, steepest first, walk from the cheapest assignment to the one of least value.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/choice_table.h"

namespace spanwise::tuner {

struct Edge {
  double drop;         // value saved per cost spent, as a double
  Amount cost, value;  // cost spent and value saved, both above 0
  std::uint32_t class_index;
  std::uint32_t from, to;  // indices into ChoiceTable::items
};

// All hull edges, steepest first; edges of exactly equal steepness in (class, item) order. Every class of the
// table needs at least one item.
std::vector<Edge> hull_walk(const ChoiceTable& table);

// Exact comparison of steepness.
bool steeper(const Edge& a, const Edge& b);

}  // namespace spanwise::tuner
