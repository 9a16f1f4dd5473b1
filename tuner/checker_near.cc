// SPDX-License-Identifier: Apache-2.0
// All choices of a block near its least.
#include <algorithm>
#include <set>

#include "tuner/checker_blocks.h"
#include "tuner/infinity.h"

namespace spanwise::tuner {

bool CheckedBlocks::near(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const {
  const bool by_rules = block.max_rules != 0 || block.launch != 0;
  if (by_rules && peaks_.empty() && sets_of(block) <= kMaxSets) return near_sets(block, limit, steps, visit);
  if (!by_rules && block.groups.size() == 1 && peaks_.size() == 1 && peaks_[0].price > 0)
    return near_peak(block, limit, steps, visit);
  if (by_rules || !peaks_.empty()) return near_coupled(block, limit, steps, visit);
  Choices choices;
  for (const auto& group : block.groups) {
    for (const auto& head : group) {
      auto& list = choices.emplace_back();
      for (std::size_t i = 0; i < head.candidates.size(); ++i) list.emplace_back(head.price[i], head.candidates[i]);
    }
  }
  return walk(std::move(choices), 0.0, limit, steps, visit);
}

// Head by head, the cheapest first.
bool CheckedBlocks::walk(Choices choices, double fixed, double limit, std::uint64_t& steps, const Visit& visit) {
  std::vector<double> rest(choices.size() + 1, 0.0);
  for (auto h = choices.size(); h-- > 0;) {
    if (choices[h].empty()) return true;
    std::sort(choices[h].begin(), choices[h].end());
    rest[h] = rest[h + 1] + choices[h].front().first;
  }
  std::vector<std::size_t> taken;
  const std::function<bool(double)> go = [&](double price) {
    const auto h = taken.size();
    if (h == choices.size()) {
      visit(price, taken);
      return true;
    }
    for (const auto& [more, candidate] : choices[h]) {
      if (price + more + rest[h + 1] > limit) break;
      if (steps == 0) return false;
      --steps;
      taken.push_back(candidate);
      const bool done = go(price + more);
      taken.pop_back();
      if (!done) return false;
    }
    return true;
  };
  return go(fixed);
}

// For each set of rules the plans that take all of them.
bool CheckedBlocks::near_sets(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const {
  bool done = true;
  for_each_set(block, [&](const std::vector<std::uint32_t>& set, double least) {
    if (!done || least > limit) return;
    const auto place = [&](std::uint32_t rule) { return std::find(set.begin(), set.end(), rule) - set.begin(); };
    std::vector<const CheckedHead*> heads;
    Choices choices;
    for (const auto& group : block.groups) {
      for (const auto& head : group) {
        heads.push_back(&head);
        auto& list = choices.emplace_back();
        for (std::size_t i = 0; i < head.candidates.size(); ++i) {
          const auto k = head.candidates[i];
          if (place(head.head->rule[k]) < static_cast<std::ptrdiff_t>(set.size())) list.emplace_back(head.price[i], k);
        }
      }
    }
    done = walk(std::move(choices), block.launch * static_cast<double>(set.size()), limit, steps, [&](double price, const auto& taken) {
      std::vector<char> used(set.size(), 0);
      for (std::size_t h = 0; h < taken.size(); ++h) used[static_cast<std::size_t>(place(heads[h]->head->rule[taken[h]]))] = 1;
      if (std::find(used.begin(), used.end(), 0) == used.end()) visit(price, taken);
    });
  });
  return done;
}

// For each value that the peak of a group can have, the choices that reach it and stay within it.
bool CheckedBlocks::near_peak(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const {
  const auto& group = block.groups.front();
  const auto cost = [&](std::size_t h, std::size_t k) { return problem_.cost(*group[h].head, k, peaks_[0].resource); };
  std::set<double> values;
  for (std::size_t h = 0; h < group.size(); ++h) {
    for (const auto k : group[h].candidates) values.insert(cost(h, k));
  }
  for (const double value : values) {
    Choices choices(group.size());
    for (std::size_t h = 0; h < group.size(); ++h) {
      for (std::size_t i = 0; i < group[h].candidates.size(); ++i) {
        if (cost(h, group[h].candidates[i]) <= value) choices[h].emplace_back(group[h].price[i], group[h].candidates[i]);
      }
    }
    const bool done = walk(std::move(choices), peaks_[0].price * value, limit, steps, [&](double price, const auto& taken) {
      for (std::size_t h = 0; h < taken.size(); ++h) {
        if (cost(h, taken[h]) == value) return visit(price, taken);
      }
    });
    if (!done) return false;
  }
  return true;
}

// Head by head; what is not yet known is at its best.
bool CheckedBlocks::near_coupled(const CheckedBlock& block, double limit, std::uint64_t& steps, const Visit& visit) const {
  std::vector<const CheckedHead*> heads;
  std::vector<std::size_t> group_of;
  for (std::size_t g = 0; g < block.groups.size(); ++g) {
    for (const auto& head : block.groups[g]) {
      heads.push_back(&head);
      group_of.push_back(g);
    }
  }
  std::vector<double> rest(heads.size() + 1, 0.0);  // the least that heads from here on add up to
  for (auto h = heads.size(); h-- > 0;)
    rest[h] = rest[h + 1] + *std::min_element(heads[h]->price.begin(), heads[h]->price.end());
  std::vector<std::size_t> taken;
  std::vector<double> top(peaks_.size(), 0.0);  // the largest cost that any head of the problem can have
  for (std::size_t p = 0; p < peaks_.size(); ++p) {
    for (const auto* head : heads) {
      for (const auto k : head->candidates) top[p] = std::max(top[p], problem_.cost(*head->head, k, peaks_[p].resource));
    }
  }
  const auto coupled = [&](bool complete) {
    double sum = 0;
    std::set<std::uint32_t> rules;
    std::vector<double> peak(peaks_.size() * block.groups.size(), 0.0);
    for (std::size_t h = 0; h < taken.size(); ++h) {
      rules.insert(heads[h]->head->rule[taken[h]]);
      for (std::size_t p = 0; p < peaks_.size(); ++p) {
        auto& mine = peak[group_of[h] * peaks_.size() + p];
        mine = std::max(mine, problem_.cost(*heads[h]->head, taken[h], peaks_[p].resource));
      }
    }
    if (block.max_rules != 0 && rules.size() > block.max_rules) return kInfinity;
    const bool all_rules = block.launch < 0 && !complete;
    sum += block.launch * static_cast<double>(all_rules ? heads.size() : rules.size());
    for (std::size_t i = 0; i < peak.size(); ++i) {
      const auto& of = peaks_[i % peaks_.size()];
      sum += of.price * (of.price < 0 && !complete ? top[i % peaks_.size()] : peak[i]);
    }
    return sum;
  };
  const std::function<bool(double)> walk = [&](double price) {
    const auto h = taken.size();
    if (h == heads.size()) {
      const double whole = price + coupled(true);
      if (whole <= limit) visit(whole, taken);
      return true;
    }
    for (std::size_t i = 0; i < heads[h]->candidates.size(); ++i) {
      // What couples the heads is worked out anew each time, head by head.
      const auto effort = static_cast<std::uint64_t>(h + 1);
      if (steps < effort) return false;
      steps -= effort;
      taken.push_back(heads[h]->candidates[i]);
      const double now = price + heads[h]->price[i];
      const bool more = now + rest[h + 1] + coupled(false) > limit || walk(now);
      taken.pop_back();
      if (!more) return false;
    }
    return true;
  };
  return walk(0.0);
}

}  // namespace spanwise::tuner
