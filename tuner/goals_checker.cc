// SPDX-License-Identifier: Apache-2.0
#include "tuner/goals_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tuner/checker_assignment.h"
#include "tuner/checker_blocks.h"
#include "tuner/checker_gap.h"
#include "tuner/checker_sum.h"
#include "tuner/infinity.h"

namespace spanwise::tuner {
namespace {

double number_of(const Problem& problem, const Head& head, std::size_t candidate, const std::string& name) {
  for (std::size_t i = 0; i < problem.losses.size(); ++i) {
    if (problem.losses[i] == name) return problem.loss(head, candidate, i);
  }
  for (std::size_t i = 0; i < problem.resources.size(); ++i) {
    if (problem.resources[i].name == name) return problem.cost(head, candidate, i);
  }
  reject(fmt::format("the problem has no loss or resource '{}'", name));
}

// The amount of a mix as problem.h defines it.
double amount_of(const Problem& problem, const TakenMap& taken, const Mix& mix) {
  WideSum sum;
  std::map<std::string, bool> is_peak;
  for (const auto& resource : problem.resources) is_peak[resource.name] = resource.combine == Combine::kMaxInKvGroup;
  std::map<int, std::set<std::uint32_t>> rules;
  for (const auto& [place, choice] : taken) {
    double added = 0;
    for (const auto& [name, weight] : mix) {
      if (!is_peak[name]) added += weight * number_of(problem, *choice.head, choice.candidate, name);
    }
    sum.add(added);
    rules[place.first].insert(choice.head->rule[choice.candidate]);
  }
  for (const auto& [name, weight] : mix) {
    if (!is_peak[name]) continue;
    std::map<std::pair<int, std::pair<bool, int>>, double> largest;
    for (const auto& [place, choice] : taken) {
      const auto group = choice.head->kv_group;
      auto& peak = largest[{place.first, {group.has_value(), group.value_or(place.second)}}];
      peak = std::max(peak, number_of(problem, *choice.head, choice.candidate, name));
    }
    for (const auto& [group, peak] : largest) sum.add(weight * peak);
  }
  for (const auto& layer : problem.layers) {
    double launch = 0;
    for (const auto& [name, weight] : mix) {
      const auto found = layer.launch.find(name);
      if (found != layer.launch.end()) launch += weight * found->second;
    }
    for (std::size_t i = 0; i < rules[layer.layer].size(); ++i) sum.add(launch);
  }
  return sum.value();
}

bool keeps_limits(const Problem& problem, const TakenMap& taken) {
  return std::all_of(problem.limits.begin(), problem.limits.end(), [&](const Limit& limit) {
    const double amount = amount_of(problem, taken, limit.of);
    return (!limit.max || amount <= *limit.max) && (!limit.min || amount >= *limit.min);
  });
}

double goal_of(const Problem& problem, const TakenMap& taken, const Objective& objective) {
  if (!objective.bottleneck) return amount_of(problem, taken, objective.of);
  double most = -kInfinity;
  for (const auto& [place, choice] : taken)
    most = std::max(most, number_of(problem, *choice.head, choice.candidate, objective.of.begin()->first));
  return most + 0.0;
}

// What is stated of one goal.
struct Stated {
  const std::map<std::string, double>& multipliers;
  const std::vector<double>& earlier;
  double dual_bound, value;
};

class GoalsCheck {
 public:
  GoalsCheck(const Problem& problem, const Claim& claim, const CheckOptions& options)
      : problem_(problem), claim_(claim), options_(options) {
    for (const auto& limit : problem.limits) {
      auto& both = limits_[mix_name(limit.of)];
      both.of = limit.of;
      if (limit.max) both.max = std::min(both.max, *limit.max);
      if (limit.min) both.min = std::max(both.min, *limit.min);
    }
  }

  Verdict run(std::string_view tables_sha256) {
    const auto& certificate = claim_.certificate;
    if (certificate.tables_sha256 != tables_sha256) {
      reject(fmt::format("the certificate is about other tables (SHA-256 {}, these have {})",
                         certificate.tables_sha256, tables_sha256));
    }
    taken_ = read_assignment(problem_, claim_.assignment);
    check_sums();
    if (certificate.later.size() + 1 != problem_.minimize.size())
      reject(fmt::format("{} objectives, but proofs of {}", problem_.minimize.size(), certificate.later.size() + 1));
    static const std::vector<double> kNone;
    check_goal(0, {certificate.multipliers, kNone, certificate.dual_bound, certificate.value});
    const double gap = std::max(0.0, (certificate.value - certificate.dual_bound) / std::max(std::fabs(certificate.value), 1e-9));
    if (!(std::fabs(certificate.gap - gap) <= 1e-12 * (1 + gap)))
      reject(fmt::format("value and dual bound are {} apart, not {}", gap, certificate.gap));
    for (std::size_t i = 0; i < certificate.later.size(); ++i) {
      const auto& later = certificate.later[i];
      check_goal(i + 1, {later.multipliers, later.earlier, later.dual_bound, later.value});
    }
    if (open_.empty()) return {Verdict::Kind::kProvedAgain, 0.0, certificate.proved, {}};
    return {Verdict::Kind::kBoundChecked, gap, certificate.proved, open_};
  }

 private:
  struct Both {
    Mix of;
    double max = kInfinity, min = -kInfinity;
  };

  void check_sums() const {
    if (!keeps_limits(problem_, taken_)) {
      for (const auto& [name, limit] : limits_) {
        const double amount = amount_of(problem_, taken_, limit.of);
        if (amount > limit.max) reject(fmt::format("'{}' is {}, above its limit {}", name, amount, limit.max));
        if (amount < limit.min) reject(fmt::format("'{}' is {}, below its limit {}", name, amount, limit.min));
      }
    }
    std::set<std::string> losses(problem_.losses.begin(), problem_.losses.end()), resources;
    for (const auto& resource : problem_.resources) resources.insert(resource.name);
    check_stated(claim_.loss, losses, "loss");
    check_stated(claim_.cost, resources, "cost");
  }

  void check_stated(const std::vector<NamedNumber>& stated, const std::set<std::string>& names, const char* what) const {
    if (stated.empty()) return;
    std::set<std::string> seen;
    for (const auto& number : stated) {
      if (names.count(number.name) == 0) reject(fmt::format("the problem has no {} '{}'", what, number.name));
      const double sum = amount_of(problem_, taken_, {{number.name, 1.0}});
      if (sum != number.value)
        reject(fmt::format("the {} '{}' of this assignment is {}, not {}", what, number.name, sum, number.value));
      seen.insert(number.name);
    }
    if (seen != names) reject(fmt::format("the sum of a {} is missing", what));
  }

  void check_goal(std::size_t i, const Stated& stated) {
    const auto& objective = problem_.minimize[i];
    const double value = goal_of(problem_, taken_, objective);
    if (value != stated.value)
      reject(fmt::format("objective {} of this assignment is {}, not {}", i + 1, value, stated.value));
    if (objective.bottleneck) {
      check_bottleneck(i, stated);
      caps_.emplace_back(objective.of.begin()->first, value);
    } else {
      check_sum_goal(i, stated);
      sums_.emplace_back(objective.of, value);
    }
  }

  CandidateFilter within_caps() const {
    if (caps_.empty()) return {};
    return [this](const Head& head, std::size_t k) {
      return std::all_of(caps_.begin(), caps_.end(),
                         [&](const auto& cap) { return number_of(problem_, head, k, cap.first) <= cap.second; });
    };
  }

  // Adds the multipliers of the limits to the prices; returns what they take off the bound.
  double add_limits(const Stated& stated, Prices& prices, double& size) const {
    // What is limited at no price counts, too: it may couple heads.
    for (const auto& [name, limit] : limits_) {
      for (const auto& [part, weight] : limit.of) prices[part] += 0.0;
    }
    if (stated.multipliers.size() != limits_.size()) reject("the certificate needs one multiplier for each limit");
    double taken_off = 0;
    for (const auto& [name, multiplier] : stated.multipliers) {
      const auto found = limits_.find(name);
      if (found == limits_.end()) reject(fmt::format("there is no limit '{}' for the multiplier of that name", name));
      if (!std::isfinite(multiplier)) reject("a multiplier must be finite");
      if (multiplier == 0) continue;
      const double bound = multiplier > 0 ? found->second.max : found->second.min;
      if (!std::isfinite(bound)) reject(fmt::format("the multiplier of '{}' has the wrong sign", name));
      for (const auto& [part, weight] : found->second.of) prices[part] += multiplier * weight;
      taken_off += multiplier * bound;
      size += std::fabs(multiplier * bound);
    }
    return taken_off;
  }

  void leave_open(std::string why) {
    if (open_.empty()) open_ = std::move(why);
  }

  void check_sum_goal(std::size_t i, const Stated& stated) {
    Prices prices;
    for (const auto& [name, weight] : problem_.minimize[i].of) prices[name] += weight;
    double size = std::fabs(stated.value);
    double taken_off = add_limits(stated, prices, size);
    if (stated.earlier.size() != sums_.size()) reject("a proof needs one multiplier for each objective before it");
    for (std::size_t e = 0; e < sums_.size(); ++e) {
      if (!(stated.earlier[e] >= 0) || !std::isfinite(stated.earlier[e]))
        reject("a multiplier of an earlier objective must be finite and at least 0");
      for (const auto& [name, weight] : sums_[e].first) prices[name] += stated.earlier[e] * weight;
      taken_off += stated.earlier[e] * sums_[e].second;
      size += std::fabs(stated.earlier[e] * sums_[e].second);
    }
    const CheckedBlocks blocks(problem_, prices, within_caps());
    const double rounding = 0x1.0p-42 * (size + blocks.size());
    std::vector<double> least;
    WideSum bound;
    bound.add(-taken_off);
    for (const auto& block : blocks.blocks()) {
      least.push_back(blocks.least(block));
      if (std::isnan(least.back())) return leave_open("a layer has too many sets of rules to check the bound");
      if (!std::isfinite(least.back())) reject("the multipliers are too large to compute with");
      bound.add(least.back());
    }
    if (!(std::fabs(bound.value() - stated.dual_bound) <= rounding))
      reject(fmt::format("the multipliers give objective {} the dual bound {}, not {}", i + 1, bound.value(), stated.dual_bound));
    leave_open(close_gap({problem_, blocks, least, problem_.minimize[i].of, stated.value,
                          std::max(0.0, stated.value - bound.value()) + rounding, priced_limits(stated), options_.max_labels / 4}));
  }

  // All limits, and what the objectives before this one have come to, at their prices.
  std::vector<CheckedLimit> priced_limits(const Stated& stated) const {
    std::vector<CheckedLimit> out;
    for (const auto& [name, limit] : limits_) {
      const double multiplier = stated.multipliers.at(name);
      if (std::isfinite(limit.max)) out.push_back({limit.of, 1.0, limit.max, std::max(0.0, multiplier)});
      if (std::isfinite(limit.min)) out.push_back({limit.of, -1.0, -limit.min, std::max(0.0, -multiplier)});
    }
    for (std::size_t e = 0; e < sums_.size(); ++e) out.push_back({sums_[e].first, 1.0, sums_[e].second, stated.earlier[e]});
    return out;
  }

  // No plan keeps the limits with every head below the dual bound: some head has nothing there, or the multipliers,
  // with nothing to minimize, prove it.
  void check_bottleneck(std::size_t i, const Stated& stated) {
    const auto& name = problem_.minimize[i].of.begin()->first;
    const auto caps = within_caps();
    const CandidateFilter below = [&](const Head& head, std::size_t k) {
      return (!caps || caps(head, k)) && number_of(problem_, head, k, name) < stated.dual_bound;
    };
    if (stated.dual_bound > stated.value) reject("the dual bound of a bottleneck is above its value");
    const bool some_head_has_none = std::any_of(problem_.heads.begin(), problem_.heads.end(), [&](const Head& head) {
      for (std::size_t k = 0; k < head.rule.size(); ++k) {
        if (below(head, k)) return false;
      }
      return true;
    });
    Prices prices;
    double size = 0;
    const double taken_off = add_limits(stated, prices, size);
    if (!some_head_has_none) {
      const CheckedBlocks blocks(problem_, prices, below);
      WideSum bound;
      bound.add(-taken_off);
      bool none = false;
      for (const auto& block : blocks.blocks()) {
        const double least = blocks.least(block);
        if (std::isnan(least)) return leave_open("a layer has too many sets of rules to check the bound");
        none = none || least == kInfinity;
        if (!none) bound.add(least);
      }
      if (!none && !(bound.value() > 0x1.0p-46 * (size + blocks.size())))
        reject(fmt::format("the multipliers do not prove that some head reaches {}", stated.dual_bound));
    }
    if (stated.dual_bound < stated.value) leave_open("a bottleneck was closed by search");
  }

  const Problem& problem_;
  const Claim& claim_;
  const CheckOptions& options_;
  std::map<std::string, Both> limits_;
  TakenMap taken_;
  std::vector<std::pair<std::string, double>> caps_;  // bottlenecks so far
  std::vector<std::pair<Mix, double>> sums_;          // sums so far
  std::string open_;
};

}  // namespace

Verdict check_goals(const Problem& problem, std::string_view tables_sha256, const Claim& claim,
                    const CheckOptions& options) {
  return GoalsCheck(problem, claim, options).run(tables_sha256);
}

}  // namespace spanwise::tuner
