// SPDX-License-Identifier: Apache-2.0
// A whole problem for one search: every candidate as a vector of amounts (dimension 0 is minimized, the others are
// limited from above), in blocks of heads that can be chosen apart from each other. A head alone is a block; heads
// whose largest cost counts once form a group; a layer that limits or pays for its different rules is one block.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tuner/amount.h"
#include "tuner/problem.h"

namespace spanwise::tuner {

// What a dimension is of. A lower limit is an upper one of the negated mix.
struct DimensionRequest {
  Mix of;
  bool negated = false;
  double bound = std::numeric_limits<double>::infinity();  // of the signed amount
};

struct Dimension {
  Mix of;
  double sign = 1;
  double bound = 0;
  AmountScale scale;
  bool minimized = false;
  Amount room = 0;  // the bound as an amount

  Amount amount(double signed_number) const {
    return minimized ? scale.nearest(signed_number) : scale.up(signed_number);
  }
};

struct SpaceHead {
  std::size_t head;        // index into Problem::heads
  std::size_t position;    // in (layer, head) order
  std::size_t first, end;  // its candidates in the order of the rules' names: indices into the tables of the space
};

struct SpaceGroup {
  std::size_t first, end;  // heads of the space
};

struct SpaceBlock {
  std::size_t first, end;  // groups
  bool chooses_rules = false;
  int max_rules = 0;           // when it chooses
  std::vector<double> launch;  // what each different rule costs, one number a dimension, signed
};

struct Space {
  std::vector<Dimension> dimensions;
  std::vector<SpaceHead> heads;
  std::vector<SpaceGroup> groups;
  std::vector<SpaceBlock> blocks;
  std::size_t peaks = 0;             // resources of which a group pays the largest cost of its heads
  std::vector<double> peak_weight;   // [peak][dimension], signed
  std::vector<std::uint32_t> which;  // [candidate]: its place in the head's list
  std::vector<std::uint32_t> rule;   // [candidate]: rank of the rule's name among all names
  std::vector<double> additive;      // [candidate][dimension]: what adds up over heads, signed
  std::vector<std::uint32_t> owner;  // [candidate]: its head
  std::vector<double> peak;          // [candidate][peak]
  std::vector<std::uint32_t> by_peak;  // with one peak: the candidates of each group by rising peak
  std::string impossible;            // why some head has nothing to take; empty when each has

  std::size_t width() const { return dimensions.size(); }
  std::size_t heads_of(const SpaceBlock& block) const {
    return groups[block.end - 1].end - groups[block.first].first;
  }
  std::size_t first_head(const SpaceBlock& block) const { return groups[block.first].first; }
};

// Whether a candidate of a head may be taken.
using Filter = std::function<bool(const Head& head, std::size_t candidate)>;

// Amounts that overflow a double are an error.
core::Result<Space> make_space(const Problem& problem, const std::vector<DimensionRequest>& dimensions,
                               const Filter& filter = {});

// One candidate a head of the space, and what they come to.
using Picks = std::vector<std::uint32_t>;
std::vector<Amount> amounts_of(const Space& space, const SpaceBlock& block, const std::uint32_t* picks);

// The same with the amounts as doubles, added up.
void add_numbers(const Space& space, const SpaceBlock& block, const std::uint32_t* picks,
                 std::vector<double>& totals);

}  // namespace spanwise::tuner
