// SPDX-License-Identifier: Apache-2.0
// The checker's view of heads that choose together, under one price for every loss and resource: the least price of a
// block, and every choice near it. Shares nothing with search/.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tuner/problem.h"

namespace spanwise::tuner {

// By loss or resource; may be negative. What is named couples heads even at a price of 0.
using Prices = std::map<std::string, double>;

struct CheckedHead {
  const Head* head;
  std::vector<std::size_t> candidates;  // that may be taken
  std::vector<double> price;            // of each, what adds up
};

// Heads of one KV group, or one head.
using CheckedGroup = std::vector<CheckedHead>;

struct CheckedBlock {
  std::vector<CheckedGroup> groups;
  std::size_t max_rules = 0;  // 0: any
  double launch = 0;          // price of each different rule
};

using CandidateFilter = std::function<bool(const Head& head, std::size_t candidate)>;

class CheckedBlocks {
 public:
  CheckedBlocks(const Problem& problem, const Prices& prices, const CandidateFilter& filter);

  const std::vector<CheckedBlock>& blocks() const { return blocks_; }

  // The least price of a block: infinite when nothing can be taken; not a number when there are too many sets of rules
  // to try.
  double least(const CheckedBlock& block) const;

  // Calls visit(price, candidates in the block's order of heads) for every choice of at most `limit`. False when that
  // takes more than `steps` heads looked at, which is counted down.
  bool near(const CheckedBlock& block, double limit, std::uint64_t& steps,
            const std::function<void(double, const std::vector<std::size_t>&)>& visit) const;

  // Sum of the magnitudes of all prices that one plan can add up: what rounding is relative to.
  double size() const { return size_; }

 private:
  static constexpr double kMaxSets = 300'000;  // tried in one layer
  struct Peak {
    std::size_t resource;
    double price;
  };
  using Choices = std::vector<std::vector<std::pair<double, std::size_t>>>;  // of each head: price and candidate
  using Visit = std::function<void(double, const std::vector<std::size_t>&)>;
  // Calls visit(rules, least price) for every set of rules, where nothing but them couples the heads.
  void for_each_set(const CheckedBlock& block, const std::function<void(const std::vector<std::uint32_t>&, double)>& visit) const;
  double sets_of(const CheckedBlock& block) const;
  bool near_sets(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const;
  bool near_peak(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const;
  bool near_coupled(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const;
  static bool walk(Choices choices, double fixed, double limit, std::uint64_t& steps, const Visit& visit);
  double group_least(const CheckedGroup& group, const std::vector<char>* rules) const;
  double with_peaks(const CheckedGroup& group, std::vector<std::vector<char>>& open, std::size_t peak,
                    std::vector<std::vector<double>>& price) const;

  const Problem& problem_;
  std::vector<Peak> peaks_;  // of a price other than 0
  std::vector<CheckedBlock> blocks_;
  double size_ = 0;
};

}  // namespace spanwise::tuner
