// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "tuner/mix_parts.h"

namespace spanwise::tuner {
namespace {

class Builder {
 public:
  Builder(const Problem& problem, const std::vector<DimensionRequest>& requests, const Filter& filter)
      : problem_(problem), requests_(requests), filter_(filter) {
    for (const auto& request : requests) parts_.emplace_back(problem, request.of);
    std::set<std::size_t> peaks;
    for (const auto& parts : parts_) {
      for (const auto& [resource, weight] : parts.peaks()) peaks.insert(resource);
    }
    peaks_.assign(peaks.begin(), peaks.end());
    for (const auto& layer : problem.layers) layers_[layer.layer] = &layer;
    for (const auto& head : problem.heads) ++heads_in_layer_[head.layer];
    largest_.assign(requests.size(), 0.0);
  }

  core::Result<Space> run() {
    rank_rules();
    space_.peaks = peaks_.size();
    for (const auto resource : peaks_) {
      for (std::size_t d = 0; d < requests_.size(); ++d) {
        const auto found = std::find_if(parts_[d].peaks().begin(), parts_[d].peaks().end(),
                                        [&](const auto& peak) { return peak.first == resource; });
        space_.peak_weight.push_back(found == parts_[d].peaks().end() ? 0.0 : sign(d) * found->second);
      }
    }
    add_heads();
    if (space_.peaks == 1) sort_by_peak();
    if (auto status = add_dimensions(); !status) return status.error();
    return std::move(space_);
  }

 private:
  double sign(std::size_t d) const { return requests_[d].negated ? -1.0 : 1.0; }

  void rank_rules() {
    std::vector<std::uint32_t> by_name(problem_.rules.size());
    std::iota(by_name.begin(), by_name.end(), 0u);
    std::sort(by_name.begin(), by_name.end(),
              [&](auto a, auto b) { return problem_.rules[a].name < problem_.rules[b].name; });
    rank_.resize(by_name.size());
    for (std::uint32_t i = 0; i < by_name.size(); ++i) rank_[by_name[i]] = i;
  }

  // Groups matter only where some dimension counts a peak; else every head is its own.
  std::pair<int, int> group_of(const Head& head) const {
    const bool grouped = head.kv_group && !peaks_.empty();
    return grouped ? std::pair{0, *head.kv_group} : std::pair{1, head.head};
  }

  bool chooses_rules(int layer) const {
    const auto found = layers_.find(layer);
    if (found == layers_.end()) return false;
    const auto pays = [&](const MixParts& parts) { return parts.launch(*found->second) != 0; };
    if (std::any_of(parts_.begin(), parts_.end(), pays)) return true;
    const auto enough = std::min(problem_.rules.size(), heads_in_layer_.at(layer));
    return found->second->max_rules && static_cast<std::size_t>(*found->second->max_rules) < enough;
  }

  void add_heads() {
    std::vector<std::size_t> order(problem_.heads.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto place = [&](std::size_t h) {
      return std::tuple{problem_.heads[h].layer, problem_.heads[h].head};
    };
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return place(a) < place(b); });
    std::vector<std::size_t> position(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
      const auto& x = problem_.heads[a];
      const auto& y = problem_.heads[b];
      return std::pair{x.layer, group_of(x)} < std::pair{y.layer, group_of(y)};
    });
    const Head* before = nullptr;
    for (const auto h : order) {
      const auto& head = problem_.heads[h];
      const bool new_layer = before == nullptr || before->layer != head.layer;
      const bool new_group = new_layer || group_of(*before) != group_of(head);
      if (new_group) add_group(head, new_layer);
      add_head(h, position[h]);
      before = &head;
    }
  }

  void add_group(const Head& head, bool new_layer) {
    const bool chooses = chooses_rules(head.layer);
    if (new_layer || !chooses) {
      SpaceBlock block{space_.groups.size(), space_.groups.size(), chooses, 0, {}};
      block.launch.assign(requests_.size(), 0.0);
      if (chooses) fill_layer(*layers_.at(head.layer), block);
      space_.blocks.push_back(std::move(block));
    }
    space_.groups.push_back({space_.heads.size(), space_.heads.size()});
    space_.blocks.back().end = space_.groups.size();
  }

  void fill_layer(const Layer& layer, SpaceBlock& block) {
    const auto all = static_cast<int>(std::min(problem_.rules.size(), heads_in_layer_.at(layer.layer)));
    block.max_rules = std::min(layer.max_rules.value_or(all), all);
    for (std::size_t d = 0; d < requests_.size(); ++d) {
      block.launch[d] = sign(d) * parts_[d].launch(layer);
      note(d, block.launch[d], static_cast<std::size_t>(block.max_rules));
    }
  }

  void add_head(std::size_t h, std::size_t position) {
    const auto& head = problem_.heads[h];
    SpaceHead out{h, position, space_.which.size(), space_.which.size()};
    by_rank_.resize(head.rule.size());
    std::iota(by_rank_.begin(), by_rank_.end(), 0u);
    std::sort(by_rank_.begin(), by_rank_.end(),
              [&](auto a, auto b) { return rank_[head.rule[a]] < rank_[head.rule[b]]; });
    for (const auto k : by_rank_) {
      if (filter_ && !filter_(head, k)) continue;
      space_.which.push_back(k);
      space_.rule.push_back(rank_[head.rule[k]]);
      for (std::size_t d = 0; d < requests_.size(); ++d) {
        const double x = sign(d) * parts_[d].additive(head, k);
        space_.additive.push_back(x);
        note(d, x, 0);
      }
      for (std::size_t p = 0; p < peaks_.size(); ++p) {
        const double cost = problem_.cost(head, k, peaks_[p]);
        space_.peak.push_back(cost);
        for (std::size_t d = 0; d < requests_.size(); ++d)
          note(d, space_.peak_weight[p * requests_.size() + d] * cost, 0);
      }
    }
    out.end = space_.which.size();
    space_.owner.resize(out.end, static_cast<std::uint32_t>(space_.heads.size()));
    count_ += 1 + peaks_.size();
    if (out.end == out.first && space_.impossible.empty())
      space_.impossible = fmt::format("layer {}, head {} has no allowed rule", head.layer, head.head);
    space_.heads.push_back(out);
    space_.groups.back().end = space_.heads.size();
  }

  void sort_by_peak() {
    space_.by_peak.resize(space_.which.size());
    std::iota(space_.by_peak.begin(), space_.by_peak.end(), 0u);
    for (const auto& group : space_.groups) {
      const auto at = [&](std::size_t h) { return space_.by_peak.begin() + static_cast<std::ptrdiff_t>(h); };
      std::sort(at(space_.heads[group.first].first), at(space_.heads[group.end - 1].end), [&](auto a, auto b) {
        return std::pair{space_.peak[a], a} < std::pair{space_.peak[b], b};
      });
    }
  }

  void note(std::size_t d, double x, std::size_t times) {
    largest_[d] = std::isfinite(x) ? std::max(largest_[d], std::fabs(x)) : HUGE_VAL;
    count_ += times;
  }

  core::Status add_dimensions() {
    for (std::size_t d = 0; d < requests_.size(); ++d) {
      if (!std::isfinite(largest_[d] * 4.0 * static_cast<double>(count_))) {
        return core::fail(core::Fault::kInput, fmt::format("the numbers of '{}' are too large to add up",
                                                           mix_name(requests_[d].of)));
      }
      const auto scale = AmountScale::fit(largest_[d], count_);
      Dimension dimension{requests_[d].of, sign(d), requests_[d].bound, scale, d == 0, 0};
      dimension.room = scale.largest_within(dimension.bound);
      space_.dimensions.push_back(std::move(dimension));
    }
    return core::Done{};
  }

  const Problem& problem_;
  const std::vector<DimensionRequest>& requests_;
  const Filter& filter_;
  std::vector<MixParts> parts_;
  std::vector<std::size_t> peaks_;  // resource of each peak
  std::map<int, const Layer*> layers_;
  std::map<int, std::size_t> heads_in_layer_;
  std::vector<std::uint32_t> rank_, by_rank_;
  std::vector<double> largest_;
  std::size_t count_ = 0;  // numbers that a plan's amount adds up
  Space space_;
};

// Calls add(dimension, number) for everything that the picks of a block come to.
template <class Add>
void for_each_part(const Space& space, const SpaceBlock& block, const std::uint32_t* picks, Add&& add) {
  const auto width = space.width();
  const auto first = space.first_head(block);
  for (auto g = block.first; g < block.end; ++g) {
    for (std::size_t p = 0; p < space.peaks; ++p) {
      double peak = 0;
      for (auto h = space.groups[g].first; h < space.groups[g].end; ++h)
        peak = std::max(peak, space.peak[picks[h - first] * space.peaks + p]);
      for (std::size_t d = 0; d < width; ++d) {
        const double weight = space.peak_weight[p * width + d];
        if (weight != 0) add(d, weight * peak);
      }
    }
    for (auto h = space.groups[g].first; h < space.groups[g].end; ++h) {
      for (std::size_t d = 0; d < width; ++d) add(d, space.additive[picks[h - first] * width + d]);
    }
  }
  if (!block.chooses_rules) return;
  std::vector<std::uint32_t> rules;
  for (std::size_t h = 0; h < space.heads_of(block); ++h) rules.push_back(space.rule[picks[h]]);
  std::sort(rules.begin(), rules.end());
  const auto different = std::unique(rules.begin(), rules.end()) - rules.begin();
  for (std::size_t d = 0; d < width; ++d) {
    for (std::ptrdiff_t i = 0; i < different; ++i) add(d, block.launch[d]);
  }
}

}  // namespace

core::Result<Space> make_space(const Problem& problem, const std::vector<DimensionRequest>& dimensions,
                               const Filter& filter) {
  return Builder(problem, dimensions, filter).run();
}

std::vector<Amount> amounts_of(const Space& space, const SpaceBlock& block, const std::uint32_t* picks) {
  std::vector<Amount> amounts(space.width(), 0);
  for_each_part(space, block, picks,
                [&](std::size_t d, double x) { amounts[d] += space.dimensions[d].amount(x); });
  return amounts;
}

void add_numbers(const Space& space, const SpaceBlock& block, const std::uint32_t* picks,
                 std::vector<double>& totals) {
  for_each_part(space, block, picks, [&](std::size_t d, double x) { totals[d] += x; });
}

}  // namespace spanwise::tuner
