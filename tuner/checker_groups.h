// SPDX-License-Identifier: Apache-2.0
// The tables of a problem as the checker sees them: groups of heads that choose together, with the amounts of
// each choice both as doubles and as integers. Built without the search's choice_table.h and amount.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tuner/checker_search.h"
#include "tuner/problem.h"

namespace spanwise::tuner {

// A candidate's amount of a mix, as problem.h defines it. Every name of the mix must be a loss or a resource.
class CheckedAmount {
 public:
  CheckedAmount(const Problem& problem, const Mix& mix);
  double of(const Head& head, std::size_t candidate) const;

 private:
  struct Term {
    double weight;
    std::size_t index;
    bool is_loss;
  };
  const Problem& problem_;
  std::vector<Term> terms_;
};

// Doubles as integers times one power of two.
class IntegerGrid {
 public:
  void cover(double x) { largest_ = std::max(largest_, std::fabs(x)); }
  void fix(std::size_t count);  // after all cover(): sums of `count` numbers fit
  WideInteger units(double x);
  bool exact() const { return exact_; }  // no number so far has lost a bit
  double unit() const { return std::ldexp(1.0, -shift_); }
  // The largest integer whose number rounds to a double of at most `limit`.
  WideInteger room(double limit) const;

 private:
  double largest_ = 0;
  int shift_ = 0;
  bool exact_ = true;
};

struct GroupOption {
  std::uint32_t rule;
  double cost = 0, value = 0;  // exact sums over the group's heads, rounded once
  WideInteger cost_units = 0, value_units = 0;
};

// One head, or all heads of a layer with max_rules 1.
struct Group {
  std::vector<const Head*> heads;
  std::vector<GroupOption> options;  // rules that all its heads may take
  std::size_t chosen = 0;
};

struct TakenCandidate {
  const Head* head;
  std::size_t candidate;
};
using TakenMap = std::map<std::pair<int, int>, TakenCandidate>;  // by (layer, head)

struct Groups {
  std::vector<Group> groups;
  IntegerGrid cost_grid, value_grid;
};

// `taken` keeps max_rules.
Groups make_groups(const Problem& problem, const TakenMap& taken, const Mix& limited, const Mix& minimized);

}  // namespace spanwise::tuner
