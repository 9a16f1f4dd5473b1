// SPDX-License-Identifier: Apache-2.0
// Seeded random problems for the tests of the search.
#pragma once

#include <cstdint>

#include "tuner/problem.h"

namespace spanwise::tests {

// A stream of random numbers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}
  int below(int count);  // uniform in [0, count)
  bool chance(double probability);
  double unit();  // uniform in [0, 1), 53 bits
  template <class List>
  void shuffle(List& list) {
    for (std::size_t i = list.size(); i > 1; --i)
      std::swap(list[i - 1], list[static_cast<std::size_t>(below(static_cast<int>(i)))]);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t next_ = 0;
};

// A few heads with a few candidates: at most a few thousand assignments. Covers integral and real numbers,
// negative losses, several losses, mixes in limit and objective, ties, zero costs, forbidden and forced
// rules, layers of one rule, shared and own costs, limits that fit exactly, and limits that nothing keeps.
// Every amount of a mix is a multiple of 2^-72 below 2^10.
tuner::Problem small_problem(std::uint64_t seed);

// The same with any of: KV groups that pay their largest cost, several limits, lower limits, several objectives,
// bottlenecks, several rules a layer, launch costs. At most some hundred assignments.
tuner::Problem any_problem(std::uint64_t seed);

struct MediumShape {
  int layers = 4, heads = 8, rules = 8;
  bool integral = false;
  bool one_rule_layers = false;  // every other layer takes one rule
};

// Losses that fall with the cost, with noise; one limit somewhere between least and most.
tuner::Problem medium_problem(const MediumShape& shape, std::uint64_t seed);

// Too large to enumerate, with any of: unions of KV groups, launch costs, several rules a layer, several limits (lower ones
// too), two losses, a bottleneck first. Integral or real.
tuner::Problem medium_any_problem(std::uint64_t seed);

// The same problem with everything in another order.
tuner::Problem shuffled(const tuner::Problem& problem, Dice& dice);

}  // namespace spanwise::tests
