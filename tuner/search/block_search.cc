// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/block_search.h"

#include <algorithm>
#include <cmath>

#include "tuner/infinity.h"

namespace spanwise::tuner {
namespace {

// Sets of rules tried in one layer before settling for a bound.
constexpr std::uint64_t kMaxSets = 400'000;

// In four strands, which keep the processor busy; the order is fixed.
double sum_of_least(const double* a, const double* b, std::size_t count) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 += std::min(a[i], b[i]);
    s1 += std::min(a[i + 1], b[i + 1]);
    s2 += std::min(a[i + 2], b[i + 2]);
    s3 += std::min(a[i + 3], b[i + 3]);
  }
  for (; i < count; ++i) s0 += std::min(a[i], b[i]);
  return (s0 + s1) + (s2 + s3);
}

}  // namespace

BlockSearch::BlockSearch(const Space& space, std::span<const double> weights)
    : space_(space), weights_(weights), peak_cost_(space.peaks, 0.0) {
  for (std::size_t p = 0; p < space.peaks; ++p) {
    for (std::size_t d = 0; d < space.width(); ++d)
      peak_cost_[p] += weights[d] * space.peak_weight[p * space.width() + d];
  }
}

double BlockSearch::weigh(std::uint32_t candidate) const {
  const double* numbers = &space_.additive[candidate * space_.width()];
  double sum = weights_[0] * numbers[0];
  for (std::size_t d = 1; d < space_.width(); ++d) sum += weights_[d] * numbers[d];
  return sum;
}

double BlockSearch::least(const SpaceBlock& block, std::uint32_t* picks) {
  const bool one_head = space_.peaks == 0 && !block.chooses_rules;
  if (one_head) {
    const auto& head = space_.heads[space_.first_head(block)];
    double best = kInfinity;
    for (auto c = head.first; c < head.end; ++c) {
      const double cost = weigh(static_cast<std::uint32_t>(c));
      if (cost >= best) continue;
      best = cost;
      *picks = static_cast<std::uint32_t>(c);
    }
    return best;
  }
  prepare(block);
  if (!block.chooses_rules) return group_least(space_.groups[block.first], picks);
  Picks best_picks, now(space_.heads_of(block));
  double limit = kInfinity;
  visit_rule_sets(block, limit, [&](double cost) {
    if (space_.peaks == 0 && cost >= limit) return;
    if (space_.peaks > 0) {
      cost = peaks_cost(now.data());
      if (cost >= limit) return;
    } else {
      for (std::size_t h = 0; h < now.size(); ++h) {
        double low = kInfinity;
        for (const auto r : set_) {
          if (table_[r * now.size() + h] >= low) continue;
          low = table_[r * now.size() + h];
          now[h] = taker_[r * now.size() + h];
        }
      }
    }
    limit = cost;
    best_picks = now;
  });
  std::copy(best_picks.begin(), best_picks.end(), picks);
  if (!cut_short_) return limit;
  double bound = peaks_at_least_ + (launch_ >= 0 ? launch_ : launch_ * block.max_rules);
  for (std::size_t h = 0; h < now.size(); ++h) bound += rest_[h];
  return std::min(bound, limit);
}

void BlockSearch::prepare(const SpaceBlock& block) {
  block_ = &block;
  by_rules_ = false;
  cut_short_ = false;
  const auto first_head = space_.first_head(block);
  const auto end_head = first_head + space_.heads_of(block);
  first_candidate_ = space_.heads[first_head].first;
  cost_.clear();
  for (auto c = first_candidate_; c < space_.heads[end_head - 1].end; ++c)
    cost_.push_back(weigh(static_cast<std::uint32_t>(c)));
  if (block.chooses_rules) prepare_rules(block);
}

void BlockSearch::prepare_rules(const SpaceBlock& block) {
  const auto heads = space_.heads_of(block), first_head = space_.first_head(block);
  const auto* ranks = &space_.rule[first_candidate_];
  rules_.assign(ranks, ranks + cost_.size());
  std::sort(rules_.begin(), rules_.end());
  rules_.erase(std::unique(rules_.begin(), rules_.end()), rules_.end());
  table_.assign(rules_.size() * heads, kInfinity);
  taker_.assign(rules_.size() * heads, 0);
  for (std::size_t i = 0; i < cost_.size(); ++i) {
    const auto candidate = static_cast<std::uint32_t>(first_candidate_ + i);
    const auto r = static_cast<std::size_t>(
        std::lower_bound(rules_.begin(), rules_.end(), space_.rule[candidate]) - rules_.begin());
    const auto h = space_.owner[candidate] - first_head;
    table_[r * heads + h] = cost_[i];
    taker_[r * heads + h] = candidate;
  }
  rest_ = table_;
  for (std::size_t r = rules_.size() - 1; r-- > 0;) {
    for (std::size_t h = 0; h < heads; ++h)
      rest_[r * heads + h] = std::min(rest_[r * heads + h], rest_[(r + 1) * heads + h]);
  }
  launch_ = 0;
  flags_rules_ = false;
  for (std::size_t d = 0; d < space_.width(); ++d) {
    launch_ += weights_[d] * block.launch[d];
    flags_rules_ = flags_rules_ || block.launch[d] < 0;
  }
  peaks_at_least_ = 0;
  for (auto g = block.first; g < block.end; ++g) {
    for (std::size_t p = 0; p < space_.peaks; ++p) {
      double low = 0, high = 0;
      for (auto h = space_.groups[g].first; h < space_.groups[g].end; ++h) {
        double head_low = kInfinity;
        for (auto c = space_.heads[h].first; c < space_.heads[h].end; ++c) {
          head_low = std::min(head_low, space_.peak[c * space_.peaks + p]);
          high = std::max(high, space_.peak[c * space_.peaks + p]);
        }
        low = std::max(low, head_low);
      }
      peaks_at_least_ += peak_cost_[p] * (peak_cost_[p] > 0 ? low : high);
    }
  }
  best_of_set_.assign(static_cast<std::size_t>(block.max_rules) + 1, std::vector<double>(heads, kInfinity));
}

// Calls visit(cost) for sets of rules, `set_`, of which the cost may be at most `limit` (which visit may lower); with
// peaks the cost leaves them out but for their least.
template <class Visit>
void BlockSearch::visit_rule_sets(const SpaceBlock&, double& limit, Visit&& visit) {
  by_rules_ = true;
  steps_ = 0;
  set_.clear();
  descend(0, limit, visit);
  by_rules_ = false;
}

template <class Visit>
void BlockSearch::descend(std::size_t start, double& limit, Visit& visit) {
  const auto heads = best_of_set_[0].size();
  const auto size = set_.size();
  const auto& before = best_of_set_[size];
  const auto most = static_cast<std::size_t>(block_->max_rules);
  for (auto r = start; r < rules_.size(); ++r) {
    if (++steps_ > kMaxSets) cut_short_ = true;
    if (cut_short_) return;
    const double launches = launch_ * static_cast<double>(size + 1);
    const double cost = sum_of_least(before.data(), &table_[r * heads], heads) + launches + peaks_at_least_;
    set_.push_back(r);
    if (cost <= limit && cost < kInfinity) visit(cost);
    if (size + 1 < most && r + 1 < rules_.size()) {
      auto& after = best_of_set_[size + 1];
      for (std::size_t h = 0; h < heads; ++h) after[h] = std::min(before[h], table_[r * heads + h]);
      const double more = launch_ * static_cast<double>(launch_ >= 0 ? size + 2 : most);
      if (sum_of_least(after.data(), &rest_[(r + 1) * heads], heads) + more + peaks_at_least_ <= limit)
        descend(r + 1, limit, visit);
    }
    set_.pop_back();
  }
}

// The cost of the present set of rules with the peaks of every group.
double BlockSearch::peaks_cost(std::uint32_t* picks) {
  double sum = launch_ * static_cast<double>(set_.size());
  const auto first_head = space_.first_head(*block_);
  for (auto g = block_->first; g < block_->end && sum < kInfinity; ++g)
    sum += group_least(space_.groups[g], picks + (space_.groups[g].first - first_head));
  return sum;
}

// The candidates that the present set of rules leaves to each head of a group.
BlockSearch::Lists BlockSearch::lists_of(const SpaceGroup& group) const {
  Lists lists;
  const auto first_head = space_.first_head(*block_), heads = space_.heads_of(*block_);
  for (auto h = group.first; h < group.end; ++h) {
    auto& list = lists.emplace_back();
    if (!by_rules_) {
      for (auto c = space_.heads[h].first; c < space_.heads[h].end; ++c) list.push_back(static_cast<std::uint32_t>(c));
      continue;
    }
    for (const auto r : set_) {
      if (table_[r * heads + h - first_head] < kInfinity) list.push_back(taker_[r * heads + h - first_head]);
    }
  }
  return lists;
}

double BlockSearch::group_least(const SpaceGroup& group, std::uint32_t* picks) {
  const bool swept = space_.peaks == 1 && peak_cost_[0] > 0;
  if (swept && !by_rules_) {
    const auto first = space_.heads[group.first].first, end = space_.heads[group.end - 1].end;
    return sweep({&space_.by_peak[first], end - first}, group, picks);
  }
  const auto lists = lists_of(group);
  if (swept) {
    events_.clear();
    for (const auto& list : lists) events_.insert(events_.end(), list.begin(), list.end());
    std::sort(events_.begin(), events_.end(), [&](auto a, auto b) {
      return std::pair{space_.peak[a], a} < std::pair{space_.peak[b], b};
    });
    return sweep(events_, group, picks);
  }
  std::vector<double> extra(cost_.size(), 0.0);
  return mixed(0, lists, extra, picks);
}

// One peak of positive weight: for each value that it can have, the best candidate up to it of every head.
double BlockSearch::sweep(std::span<const std::uint32_t> by_peak, const SpaceGroup& group, std::uint32_t* picks) {
  const auto heads = group.end - group.first;
  scratch_.assign(heads, kInfinity);
  group_picks_.assign(heads, 0);
  double best = kInfinity;
  for (std::size_t i = 0; i < by_peak.size();) {
    const double peak = space_.peak[by_peak[i]];
    bool changed = false;
    for (; i < by_peak.size() && space_.peak[by_peak[i]] == peak; ++i) {
      const auto h = space_.owner[by_peak[i]] - group.first;
      const double cost = cost_[by_peak[i] - first_candidate_];
      if (cost >= scratch_[h]) continue;
      scratch_[h] = cost;
      group_picks_[h] = by_peak[i];
      changed = true;
    }
    if (!changed) continue;
    double sum = peak_cost_[0] * peak;
    for (const double cost : scratch_) sum += cost;
    if (sum >= best) continue;
    best = sum;
    std::copy(group_picks_.begin(), group_picks_.end(), picks);
  }
  return best;
}

// Any peaks: of positive weight the largest value is tried out; of negative weight the head that has it, whose value
// then counts in its own cost.
double BlockSearch::mixed(std::size_t peak, const Lists& lists, std::vector<double>& extra, std::uint32_t* picks) {
  if (peak == space_.peaks) {
    double sum = 0;
    for (std::size_t h = 0; h < lists.size(); ++h) {
      double best = kInfinity;
      for (const auto c : lists[h]) {
        const double cost = cost_[c - first_candidate_] + extra[c - first_candidate_];
        if (cost >= best) continue;
        best = cost;
        picks[h] = c;
      }
      sum += best;
    }
    return sum;
  }
  if (peak_cost_[peak] == 0) return mixed(peak + 1, lists, extra, picks);
  const auto value = [&](std::uint32_t c) { return space_.peak[c * space_.peaks + peak]; };
  double best = kInfinity;
  Picks now(lists.size());
  const auto keep = [&](double cost) {
    if (cost >= best) return;
    best = cost;
    std::copy(now.begin(), now.end(), picks);
  };
  if (peak_cost_[peak] > 0) {
    std::vector<double> caps;
    for (const auto& list : lists) {
      for (const auto c : list) caps.push_back(value(c));
    }
    std::sort(caps.begin(), caps.end());
    caps.erase(std::unique(caps.begin(), caps.end()), caps.end());
    for (const double cap : caps) {
      Lists within(lists.size());
      for (std::size_t h = 0; h < lists.size(); ++h)
        std::copy_if(lists[h].begin(), lists[h].end(), std::back_inserter(within[h]),
                     [&](auto c) { return value(c) <= cap; });
      keep(mixed(peak + 1, within, extra, now.data()) + peak_cost_[peak] * cap);
    }
    return best;
  }
  for (const auto& list : lists) {
    auto more = extra;
    for (const auto c : list) more[c - first_candidate_] += peak_cost_[peak] * value(c);
    keep(mixed(peak + 1, lists, more, now.data()));
  }
  return best;
}

// Instantiated for near(), in block_near.cc, too.
void BlockSearch::for_each_near_set(const SpaceBlock& block, double limit, const std::function<void()>& visit) {
  visit_rule_sets(block, limit, [&](double) { visit(); });
}

}  // namespace spanwise::tuner
