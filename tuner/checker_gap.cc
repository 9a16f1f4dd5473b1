// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_gap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "tuner/checker_assignment.h"
#include "tuner/checker_groups.h"
#include "tuner/checker_labels.h"

namespace spanwise::tuner {
namespace {

// The amount of one mix as problem.h defines it, block by block in integers.
class MixUnits {
 public:
  MixUnits(const Problem& problem, const Mix& mix, double sign) : problem_(problem), sign_(sign), additive_(problem, additive_part(problem, mix)) {
    for (std::size_t r = 0; r < problem.resources.size(); ++r) {
      const auto found = mix.find(problem.resources[r].name);
      if (found != mix.end() && problem.resources[r].combine == Combine::kMaxInKvGroup) peaks_.push_back({r, found->second});
    }
    for (const auto& layer : problem.layers) {
      for (const auto& [name, weight] : mix) {
        const auto launch = layer.launch.find(name);
        if (launch != layer.launch.end()) launch_[layer.layer] += weight * launch->second;
      }
    }
    for (const auto& head : problem.heads) {
      for (std::size_t k = 0; k < head.rule.size(); ++k) {
        grid_.cover(additive_.of(head, k));
        for (const auto& peak : peaks_) grid_.cover(peak.weight * problem.cost(head, k, peak.resource));
      }
    }
    for (const auto& [layer, launch] : launch_) grid_.cover(launch);
    grid_.fix((2 + peaks_.size()) * problem.heads.size());
  }

  WideInteger of(const CheckedBlock& block, const std::vector<std::size_t>& candidates) {
    WideInteger sum = 0;
    std::set<std::uint32_t> rules;
    std::size_t h = 0;
    int layer = 0;
    for (const auto& group : block.groups) {
      std::vector<double> largest(peaks_.size(), 0.0);
      for (const auto& head : group) {
        const auto k = candidates[h++];
        sum += grid_.units(sign_ * additive_.of(*head.head, k));
        rules.insert(head.head->rule[k]);
        layer = head.head->layer;
        for (std::size_t p = 0; p < peaks_.size(); ++p)
          largest[p] = std::max(largest[p], problem_.cost(*head.head, k, peaks_[p].resource));
      }
      for (std::size_t p = 0; p < peaks_.size(); ++p) sum += grid_.units(sign_ * peaks_[p].weight * largest[p]);
    }
    const auto launch = launch_.find(layer);
    if (launch != launch_.end()) sum += grid_.units(sign_ * launch->second) * static_cast<WideInteger>(rules.size());
    return sum;
  }

  // The largest sum whose number is at most `bound`.
  WideInteger room(double bound) const {
    constexpr double kBeyond = 0x1.0p124;
    if (bound / grid_.unit() < -kBeyond) return -(static_cast<WideInteger>(1) << 124);
    return grid_.room(bound);
  }
  double unit() const { return grid_.unit(); }
  bool exact() const { return grid_.exact(); }

 private:
  struct Peak {
    std::size_t resource;
    double weight;
  };

  static Mix additive_part(const Problem& problem, Mix mix) {
    for (const auto& resource : problem.resources) {
      if (resource.combine == Combine::kMaxInKvGroup) mix.erase(resource.name);
    }
    return mix;
  }

  const Problem& problem_;
  double sign_;
  CheckedAmount additive_;
  std::vector<Peak> peaks_;
  std::map<int, double> launch_;
  IntegerGrid grid_;
};

}  // namespace

std::string close_gap(const Gap& gap) {
  std::vector<MixUnits> mixes;
  mixes.emplace_back(gap.problem, gap.minimized, 1.0);
  LabelSearch search;
  search.slack = gap.slack;
  search.max_labels = gap.max_labels;
  // Better is what rounds to less than the claimed value.
  search.room.push_back(mixes[0].room(std::nextafter(gap.value, -std::numeric_limits<double>::infinity())));
  search.price.push_back(0.0);
  for (const auto& limit : gap.limits) {
    mixes.emplace_back(gap.problem, limit.of, limit.sign);
    search.room.push_back(mixes.back().room(limit.bound));
    search.price.push_back(limit.price * mixes.back().unit());
  }
  std::uint64_t steps = gap.max_labels;
  for (std::size_t b = 0; b < gap.least.size(); ++b) {
    const auto& block = gap.blocks.blocks()[b];
    auto& choices = search.blocks.emplace_back();
    const bool done = gap.blocks.near(block, gap.least[b] + gap.slack, steps, [&](double price, const auto& candidates) {
      BlockChoice choice{{}, std::max(0.0, price - gap.least[b])};
      for (auto& mix : mixes) choice.amounts.push_back(mix.of(block, candidates));
      choices.push_back(std::move(choice));
    });
    if (!done) return "a block has too many choices near the bound";
  }
  if (!std::all_of(mixes.begin(), mixes.end(), [](const auto& mix) { return mix.exact(); }))
    return "the numbers differ too much in size for the checker's integers";
  switch (search_better(std::move(search))) {
    case Better::kNone:
      return {};
    case Better::kExists:
      throw Rejection{"an assignment of smaller value exists"};
    case Better::kUnknown:
      break;
  }
  return "closing it takes more than " + std::to_string(gap.max_labels) + " steps";
}

}  // namespace spanwise::tuner
