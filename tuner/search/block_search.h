// SPDX-License-Identifier: Apache-2.0
// One block of a space under a weight for every dimension: its least weighted amount, and all choices near it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tuner/search/space.h"

namespace spanwise::tuner {

struct BlockOption {
  std::vector<Amount> amounts;  // one a dimension
  double reduced = 0;           // weighted amount above the block's least
  Picks picks;                  // one candidate a head of the block
};

// Whether the names of `a` come before those of `b` in (layer, head) order; both are picks of heads from `first_head`.
bool names_before(const Space& space, std::size_t first_head, const Picks& a, const Picks& b);

// Whether a choice of amounts `a` makes one of amounts `b` needless: no larger in any dimension, and at least as good in
// the end. Lower limits do not count in ties, so where only they differ names decide.
template <class NamesBefore>
bool beats(const Space& space, const Amount* a, const Amount* b, NamesBefore&& names) {
  bool better = false, differs = false;
  for (std::size_t d = 0; d < space.width(); ++d) {
    if (a[d] > b[d]) return false;
    differs = differs || a[d] < b[d];
    better = better || (a[d] < b[d] && (d == 0 || space.dimensions[d].sign > 0));
  }
  return better || !differs || names();
}

// Drops options that another one beats; of equals the smallest names stay.
void drop_beaten(const Space& space, std::size_t first_head, std::vector<BlockOption>& options);

class BlockSearch {
 public:
  // `weights`: one a dimension.
  BlockSearch(const Space& space, std::span<const double> weights);

  // The least weighted amount, and the picks that have it. Where trying all sets of rules would take too long, a
  // lower bound, and picks near it.
  double least(const SpaceBlock& block, std::uint32_t* picks);

  // Every choice within `slack` of the least, but those that another one matches or beats in every dimension. False
  // when there are more than `most`, or when the least is only a bound.
  bool near(const SpaceBlock& block, double slack, std::size_t most, std::vector<BlockOption>& out);

 private:
  using Lists = std::vector<std::vector<std::uint32_t>>;  // candidates of each head of a group
  struct Draft {
    std::vector<Amount> amounts;
    double cost;
    std::uint32_t flags;
    Picks picks;
  };

  double weigh(std::uint32_t candidate) const;
  void prepare(const SpaceBlock& block);
  void prepare_rules(const SpaceBlock& block);
  template <class Visit>
  void visit_rule_sets(const SpaceBlock& block, double& limit, Visit&& visit);
  template <class Visit>
  void descend(std::size_t start, double& limit, Visit& visit);
  double peaks_cost(std::uint32_t* picks);
  void for_each_near_set(const SpaceBlock& block, double limit, const std::function<void()>& visit);

  Lists lists_of(const SpaceGroup& group) const;
  double group_least(const SpaceGroup& group, std::uint32_t* picks);
  double sweep(std::span<const std::uint32_t> by_peak, const SpaceGroup& group, std::uint32_t* picks);
  double mixed(std::size_t peak, const Lists& lists, std::vector<double>& extra, std::uint32_t* picks);

  bool near_in_set(const SpaceBlock& block, double limit, std::size_t most, std::vector<BlockOption>& out);
  bool group_drafts(const SpaceGroup& group, const Lists& lists, std::size_t peak, std::vector<double>& caps,
                    double limit, std::size_t most, std::vector<Draft>& out);
  bool extend_drafts(const SpaceGroup& group, const Lists& lists, const std::vector<double>& caps, double limit,
                     std::size_t most, std::vector<Draft>& out);
  void cull(std::size_t first_head, std::vector<Draft>& drafts) const;
  std::uint32_t rule_flag(std::uint32_t candidate) const;

  const Space& space_;
  std::span<const double> weights_;
  std::vector<double> peak_cost_;  // weight of each peak
  // Of the block at hand:
  const SpaceBlock* block_ = nullptr;
  std::size_t first_candidate_ = 0;
  std::vector<double> cost_;           // weighted additive part of each candidate
  std::vector<std::uint32_t> rules_;   // its rules, by rank
  std::vector<double> table_;          // [rule][head]: cost_, or infinity
  std::vector<std::uint32_t> taker_;   // [rule][head]: the candidate
  std::vector<double> rest_;           // [rule][head]: the least of this rule and all after it
  std::vector<std::size_t> set_;       // rules chosen, places in rules_
  std::vector<std::vector<double>> best_of_set_;  // [size][head]
  double launch_ = 0, peaks_at_least_ = 0;
  bool by_rules_ = false, flags_rules_ = false, cut_short_ = false;
  std::uint64_t steps_ = 0;
  std::vector<double> scratch_;
  std::vector<std::uint32_t> events_;
  Picks group_picks_;
};

}  // namespace spanwise::tuner
