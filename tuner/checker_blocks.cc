// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_blocks.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tuner/infinity.h"

namespace spanwise::tuner {
namespace {

double price_of(const Prices& prices, const std::string& name) {
  const auto found = prices.find(name);
  return found == prices.end() ? 0.0 : found->second;
}

std::set<std::uint32_t> rules_of(const CheckedBlock& block) {
  std::set<std::uint32_t> rules;
  for (const auto& group : block.groups) {
    for (const auto& head : group) {
      for (const auto k : head.candidates) rules.insert(head.head->rule[k]);
    }
  }
  return rules;
}

std::size_t heads_of(const CheckedBlock& block) {
  std::size_t heads = 0;
  for (const auto& group : block.groups) heads += group.size();
  return heads;
}

// How many different rules a plan can take of the block.
std::size_t most_rules(const CheckedBlock& block) {
  const auto rules = rules_of(block).size();
  return std::min({block.max_rules == 0 ? rules : block.max_rules, rules, heads_of(block)});
}

}  // namespace

CheckedBlocks::CheckedBlocks(const Problem& problem, const Prices& prices, const CandidateFilter& filter)
    : problem_(problem) {
  bool by_groups = false;
  for (std::size_t r = 0; r < problem.resources.size(); ++r) {
    const bool peak = problem.resources[r].combine == Combine::kMaxInKvGroup;
    const double price = price_of(prices, problem.resources[r].name);
    if (peak && price != 0) peaks_.push_back({r, price});
    by_groups = by_groups || (peak && prices.count(problem.resources[r].name) != 0);
  }
  std::map<int, const Layer*> layers;
  for (const auto& layer : problem.layers) layers[layer.layer] = &layer;
  std::map<int, std::map<std::pair<bool, int>, CheckedGroup>> by_layer;
  for (const auto& head : problem.heads) {
    CheckedHead checked{&head, {}, {}};
    double largest = 0;
    for (std::size_t k = 0; k < head.rule.size(); ++k) {
      if (filter && !filter(head, k)) continue;
      double price = 0, size = 0;
      for (std::size_t i = 0; i < problem.losses.size(); ++i)
        price += price_of(prices, problem.losses[i]) * problem.loss(head, k, i);
      for (std::size_t r = 0; r < problem.resources.size(); ++r) {
        const double part = price_of(prices, problem.resources[r].name) * problem.cost(head, k, r);
        size += std::fabs(part);
        if (problem.resources[r].combine == Combine::kSum) price += part;
      }
      checked.candidates.push_back(k);
      checked.price.push_back(price);
      largest = std::max(largest, size + std::fabs(price));
    }
    size_ += largest;
    const bool grouped = head.kv_group && by_groups;
    by_layer[head.layer][{grouped, grouped ? *head.kv_group : head.head}].push_back(std::move(checked));
  }
  for (auto& [number, groups] : by_layer) {
    const auto found = layers.find(number);
    CheckedBlock whole;
    for (auto& [key, group] : groups) whole.groups.push_back(std::move(group));
    bool pays_launches = false;
    if (found != layers.end()) {
      for (const auto& [name, cost] : found->second->launch) {
        whole.launch += price_of(prices, name) * cost;
        pays_launches = pays_launches || (cost != 0 && prices.count(name) != 0);
      }
      whole.max_rules = static_cast<std::size_t>(found->second->max_rules.value_or(0));
    }
    const auto most = std::min(rules_of(whole).size(), heads_of(whole));
    if (whole.max_rules >= most) whole.max_rules = 0;
    size_ += std::fabs(whole.launch) * static_cast<double>(most);
    if (whole.max_rules != 0 || pays_launches) {
      blocks_.push_back(std::move(whole));
      continue;
    }
    for (auto& group : whole.groups) {
      CheckedBlock alone;
      alone.groups.push_back(std::move(group));
      blocks_.push_back(std::move(alone));
    }
  }
}

double CheckedBlocks::least(const CheckedBlock& block) const {
  const auto total = [&](const std::vector<char>* rules) {
    double sum = 0;
    for (const auto& group : block.groups) sum += group_least(group, rules);
    return sum;
  };
  if (block.max_rules == 0 && block.launch == 0) return total(nullptr);
  if (sets_of(block) > kMaxSets) return std::nan("");
  double best = kInfinity;
  if (peaks_.empty()) {
    for_each_set(block, [&](const auto&, double least) { best = std::min(best, least); });
    return best;
  }
  const auto all = rules_of(block);
  const std::vector<std::uint32_t> rules(all.begin(), all.end());
  const auto most = most_rules(block);
  std::vector<char> open(problem_.rules.size(), 0);
  const std::function<void(std::size_t, std::size_t)> choose = [&](std::size_t start, std::size_t size) {
    for (auto r = start; r < rules.size(); ++r) {
      open[rules[r]] = 1;
      best = std::min(best, block.launch * static_cast<double>(size + 1) + total(&open));
      if (size + 1 < most) choose(r + 1, size + 1);
      open[rules[r]] = 0;
    }
  };
  choose(0, 0);
  return best;
}

double CheckedBlocks::sets_of(const CheckedBlock& block) const {
  const auto rules = rules_of(block).size();
  double sets = 0, of_size = 1;
  for (std::size_t i = 0; i < most_rules(block); ++i) {
    of_size *= static_cast<double>(rules - i) / static_cast<double>(i + 1);
    sets += of_size;
  }
  return sets;
}

// The best of each head so far goes down with the set.
void CheckedBlocks::for_each_set(const CheckedBlock& block,
                                 const std::function<void(const std::vector<std::uint32_t>&, double)>& visit) const {
  const auto heads = heads_of(block), most = most_rules(block);
  const auto all = rules_of(block);
  const std::vector<std::uint32_t> rules(all.begin(), all.end());
  std::vector<double> table(rules.size() * heads, kInfinity);  // [rule][head]
  std::size_t h = 0;
  for (const auto& group : block.groups) {
    for (const auto& head : group) {
      for (std::size_t i = 0; i < head.candidates.size(); ++i) {
        const auto rule = head.head->rule[head.candidates[i]];
        const auto r = static_cast<std::size_t>(std::lower_bound(rules.begin(), rules.end(), rule) - rules.begin());
        table[r * heads + h] = head.price[i];
      }
      ++h;
    }
  }
  std::vector<std::uint32_t> set;
  std::vector<std::vector<double>> low(most + 1, std::vector<double>(heads, kInfinity));
  const std::function<void(std::size_t)> choose = [&](std::size_t start) {
    const auto size = set.size();
    for (auto r = start; r < rules.size(); ++r) {
      double sum = block.launch * static_cast<double>(size + 1);
      for (std::size_t i = 0; i < heads; ++i) {
        low[size + 1][i] = std::min(low[size][i], table[r * heads + i]);
        sum += low[size + 1][i];
      }
      set.push_back(rules[r]);
      visit(set, sum);
      if (size + 1 < most) choose(r + 1);
      set.pop_back();
    }
  };
  choose(0);
}

// The least price of a group with all rules, or with the open ones.
double CheckedBlocks::group_least(const CheckedGroup& group, const std::vector<char>* rules) const {
  if (peaks_.empty()) {
    double sum = 0;
    for (const auto& head : group) {
      double low = kInfinity;
      for (std::size_t i = 0; i < head.candidates.size(); ++i) {
        if (rules == nullptr || (*rules)[head.head->rule[head.candidates[i]]] != 0) low = std::min(low, head.price[i]);
      }
      sum += low;
    }
    return sum;
  }
  std::vector<std::vector<char>> open;
  std::vector<std::vector<double>> price;
  for (const auto& head : group) {
    auto& mine = open.emplace_back();
    for (const auto k : head.candidates) mine.push_back(rules == nullptr || (*rules)[head.head->rule[k]] != 0 ? 1 : 0);
    price.push_back(head.price);
  }
  return with_peaks(group, open, 0, price);
}

// A peak of positive price: whichever candidate has it closes all that are higher. Of negative price: whichever head
// has it is paid for its own.
double CheckedBlocks::with_peaks(const CheckedGroup& group, std::vector<std::vector<char>>& open, std::size_t peak,
                                 std::vector<std::vector<double>>& price) const {
  double best = peak == peaks_.size() ? 0.0 : kInfinity;
  if (peak == peaks_.size()) {
    for (std::size_t h = 0; h < group.size(); ++h) {
      double low = kInfinity;
      for (std::size_t i = 0; i < open[h].size(); ++i) {
        if (open[h][i] != 0) low = std::min(low, price[h][i]);
      }
      best += low;
    }
    return best;
  }
  const auto cost = [&](std::size_t h, std::size_t i) {
    return problem_.cost(*group[h].head, group[h].candidates[i], peaks_[peak].resource);
  };
  if (peaks_[peak].price < 0) {
    for (std::size_t h = 0; h < group.size(); ++h) {
      const auto before = price[h];
      for (std::size_t i = 0; i < before.size(); ++i) price[h][i] += peaks_[peak].price * cost(h, i);
      best = std::min(best, with_peaks(group, open, peak + 1, price));
      price[h] = before;
    }
    return best;
  }
  std::set<double> values;
  for (std::size_t h = 0; h < group.size(); ++h) {
    for (std::size_t i = 0; i < open[h].size(); ++i) {
      if (open[h][i] != 0) values.insert(cost(h, i));
    }
  }
  const auto before = open;
  for (const double value : values) {
    open = before;
    for (std::size_t h = 0; h < group.size(); ++h) {
      for (std::size_t i = 0; i < open[h].size(); ++i) {
        if (cost(h, i) > value) open[h][i] = 0;
      }
    }
    best = std::min(best, peaks_[peak].price * value + with_peaks(group, open, peak + 1, price));
  }
  open = before;
  return best;
}

}  // namespace spanwise::tuner
