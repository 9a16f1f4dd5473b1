// SPDX-License-Identifier: Apache-2.0
// All choices of a block near its least: partial choices head by head, within the slack that is left.
#include <algorithm>
#include <cmath>

#include "tuner/infinity.h"

#include "tuner/search/block_search.h"

namespace spanwise::tuner {
namespace {

// Beyond so many, options are compared with the nearest kept ones only: what stays too long costs time, not truth.
constexpr std::size_t kCompared = 300;

// Sorts, then keeps what no kept one matches or beats. `same_kind` says which may be compared.
template <class Choice, class SameKind>
void keep_unbeaten(const Space& space, std::size_t first_head, std::vector<Choice>& choices, SameKind&& same_kind) {
  if (choices.size() < 2) return;
  std::sort(choices.begin(), choices.end(), [&](const Choice& a, const Choice& b) {
    if (a.amounts != b.amounts) return a.amounts < b.amounts;
    return names_before(space, first_head, a.picks, b.picks);
  });
  std::vector<Choice> kept;
  for (auto& choice : choices) {
    bool beaten = false;
    const auto oldest = kept.size() - std::min(kept.size(), kCompared);
    for (auto i = kept.size(); i-- > oldest && !beaten;)
      beaten = same_kind(kept[i], choice) && beats(space, kept[i].amounts.data(), choice.amounts.data(), [&] {
                 return names_before(space, first_head, kept[i].picks, choice.picks);
               });
    if (!beaten) kept.push_back(std::move(choice));
  }
  choices.swap(kept);
}

}  // namespace

bool names_before(const Space& space, std::size_t first_head, const Picks& a, const Picks& b) {
  std::size_t first = static_cast<std::size_t>(-1);
  bool before = false;
  for (std::size_t h = 0; h < a.size(); ++h) {
    const auto position = space.heads[first_head + h].position;
    if (a[h] == b[h] || position >= first) continue;
    first = position;
    before = space.rule[a[h]] < space.rule[b[h]];
  }
  return before;
}

void drop_beaten(const Space& space, std::size_t first_head, std::vector<BlockOption>& options) {
  keep_unbeaten(space, first_head, options, [](const auto&, const auto&) { return true; });
}

void BlockSearch::cull(std::size_t first_head, std::vector<Draft>& drafts) const {
  keep_unbeaten(space_, first_head, drafts, [](const auto& a, const auto& b) { return a.flags == b.flags; });
}

bool BlockSearch::near(const SpaceBlock& block, double slack, std::size_t most, std::vector<BlockOption>& out) {
  out.clear();
  Picks picks(space_.heads_of(block));
  const double lowest = least(block, picks.data());
  const double limit = lowest + slack;
  const auto first_head = space_.first_head(block);
  if (space_.peaks == 0 && !block.chooses_rules) {
    const auto& head = space_.heads[first_head];
    for (auto c = head.first; c < head.end; ++c) {
      const auto candidate = static_cast<std::uint32_t>(c);
      const double cost = weigh(candidate);
      if (cost > limit) continue;
      picks[0] = candidate;
      out.push_back({amounts_of(space_, block, picks.data()), cost, picks});
    }
  } else if (!block.chooses_rules) {
    if (!near_in_set(block, limit, most, out)) return false;
  } else {
    if (cut_short_) return false;
    bool complete = true;
    for_each_near_set(block, limit, [&] {
      complete = complete && near_in_set(block, limit, most, out) && out.size() <= most;
    });
    if (!complete || cut_short_) return false;
  }
  drop_beaten(space_, first_head, out);
  for (auto& option : out) option.reduced = std::max(0.0, option.reduced - lowest);
  return out.size() <= most;
}

// With the present set of rules, or with all: the options of each group, then of all groups together. `reduced` holds
// the whole cost.
bool BlockSearch::near_in_set(const SpaceBlock& block, double limit, std::size_t most, std::vector<BlockOption>& out) {
  const auto first_head = space_.first_head(block);
  const double launches = block.chooses_rules ? launch_ * static_cast<double>(set_.size()) : 0.0;
  const bool exact_set = block.chooses_rules && flags_rules_;
  if (exact_set && set_.size() + space_.peaks > 31) return false;
  std::vector<Lists> lists;
  std::vector<double> rest(block.end - block.first + 1, 0.0);  // the least of groups from here on
  Picks ignored(space_.heads_of(block));
  for (auto g = block.first; g < block.end; ++g) lists.push_back(lists_of(space_.groups[g]));
  for (auto g = block.end; g-- > block.first;) {
    rest[g - block.first] = rest[g - block.first + 1] + group_least(space_.groups[g], ignored.data());
  }
  if (!(launches + rest[0] <= limit)) return true;
  Draft start{std::vector<Amount>(space_.width(), 0), launches, 0, {}};
  for (std::size_t d = 0; block.chooses_rules && d < space_.width(); ++d)
    start.amounts[d] = space_.dimensions[d].amount(block.launch[d]) * static_cast<Amount>(set_.size());
  std::vector<Draft> drafts{start}, next, of_group;
  std::vector<double> caps(space_.peaks, 0.0);
  for (auto g = block.first; g < block.end; ++g) {
    const double others = launches + rest[0] - (rest[g - block.first] - rest[g - block.first + 1]);
    of_group.clear();
    if (!group_drafts(space_.groups[g], lists[g - block.first], 0, caps, limit - others, most, of_group)) return false;
    cull(space_.groups[g].first, of_group);
    next.clear();
    for (const auto& from : drafts) {
      for (const auto& choice : of_group) {
        if (from.cost + choice.cost + rest[g - block.first + 1] > limit) continue;
        Draft to = from;
        for (std::size_t d = 0; d < space_.width(); ++d) to.amounts[d] += choice.amounts[d];
        to.cost += choice.cost;
        to.flags |= choice.flags;
        to.picks.insert(to.picks.end(), choice.picks.begin(), choice.picks.end());
        next.push_back(std::move(to));
      }
      if (next.size() > 16 * most) return false;
    }
    cull(first_head, next);
    if (next.size() > most) return false;
    drafts.swap(next);
  }
  const std::uint32_t all = exact_set ? (1u << set_.size()) - 1 : 0u;
  for (auto& draft : drafts) {
    if (draft.flags == all) out.push_back({std::move(draft.amounts), draft.cost, std::move(draft.picks)});
  }
  return true;
}

std::uint32_t BlockSearch::rule_flag(std::uint32_t candidate) const {
  if (!block_->chooses_rules || !flags_rules_) return 0;
  for (std::size_t i = 0; i < set_.size(); ++i) {
    if (rules_[set_[i]] == space_.rule[candidate]) return 1u << i;
  }
  return 0;
}

// One after the other, every value that the peaks of the group can have.
bool BlockSearch::group_drafts(const SpaceGroup& group, const Lists& lists, std::size_t peak, std::vector<double>& caps,
                               double limit, std::size_t most, std::vector<Draft>& out) {
  if (peak == space_.peaks) return extend_drafts(group, lists, caps, limit, most, out);
  std::vector<double> values;
  for (const auto& list : lists) {
    for (const auto c : list) values.push_back(space_.peak[c * space_.peaks + peak]);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const double value : values) {
    Lists within(lists.size());
    for (std::size_t h = 0; h < lists.size(); ++h)
      std::copy_if(lists[h].begin(), lists[h].end(), std::back_inserter(within[h]),
                   [&](auto c) { return space_.peak[c * space_.peaks + peak] <= value; });
    caps[peak] = value;
    if (!group_drafts(group, within, peak + 1, caps, limit, most, out)) return false;
  }
  return true;
}

// All choices of the group whose peaks are exactly `caps`; a flag for each peak says that some head reached it.
bool BlockSearch::extend_drafts(const SpaceGroup& group, const Lists& lists, const std::vector<double>& caps,
                                double limit, std::size_t most, std::vector<Draft>& out) {
  const auto width = space_.width();
  Draft start{std::vector<Amount>(width, 0), 0, 0, {}};
  for (std::size_t p = 0; p < space_.peaks; ++p) {
    start.cost += peak_cost_[p] * caps[p];
    for (std::size_t d = 0; d < width; ++d) {
      const double weight = space_.peak_weight[p * width + d];
      if (weight != 0) start.amounts[d] += space_.dimensions[d].amount(weight * caps[p]);
    }
  }
  std::vector<double> rest(lists.size() + 1, 0.0);
  for (auto h = lists.size(); h-- > 0;) {
    double low = kInfinity;
    for (const auto c : lists[h]) low = std::min(low, cost_[c - first_candidate_]);
    rest[h] = rest[h + 1] + low;
  }
  if (!(start.cost + rest[0] <= limit)) return true;
  const auto peak_flags = static_cast<std::uint32_t>((1u << space_.peaks) - 1);
  std::vector<Draft> drafts{start}, next;
  for (std::size_t h = 0; h < lists.size(); ++h) {
    next.clear();
    for (const auto& from : drafts) {
      for (const auto c : lists[h]) {
        const double cost = from.cost + cost_[c - first_candidate_];
        if (cost + rest[h + 1] > limit) continue;
        Draft to = from;
        to.cost = cost;
        for (std::size_t d = 0; d < width; ++d)
          to.amounts[d] += space_.dimensions[d].amount(space_.additive[c * width + d]);
        for (std::size_t p = 0; p < space_.peaks; ++p) {
          if (space_.peak[c * space_.peaks + p] == caps[p]) to.flags |= 1u << p;
        }
        to.flags |= rule_flag(c) << space_.peaks;
        to.picks.push_back(c);
        next.push_back(std::move(to));
      }
      if (next.size() > 16 * most) return false;
    }
    cull(group.first, next);
    if (next.size() > most) return false;
    drafts.swap(next);
  }
  for (auto& draft : drafts) {
    if ((draft.flags & peak_flags) != peak_flags) continue;
    draft.flags >>= space_.peaks;
    out.push_back(std::move(draft));
  }
  return true;
}

}  // namespace spanwise::tuner
