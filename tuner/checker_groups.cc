// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_groups.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "tuner/checker_sum.h"

namespace spanwise::tuner {
namespace {

std::vector<Group> group_heads(const Problem& problem, const TakenMap& taken) {
  std::set<int> one_rule;
  for (const auto& layer : problem.layers) {
    if (layer.max_rules == 1) one_rule.insert(layer.layer);
  }
  std::vector<Group> groups;
  for (const auto& [place, choice] : taken) {
    const bool joins = one_rule.count(place.first) != 0 && !groups.empty() &&
                       groups.back().heads.front()->layer == place.first;
    if (!joins) groups.emplace_back();
    groups.back().heads.push_back(choice.head);
  }
  return groups;
}

struct OptionSum {
  WideSum cost, value;
  WideInteger cost_units = 0, value_units = 0;
  std::size_t heads = 0;
};

}  // namespace

CheckedAmount::CheckedAmount(const Problem& problem, const Mix& mix) : problem_(problem) {
  for (const auto& [name, weight] : mix) {
    for (std::size_t i = 0; i < problem.losses.size(); ++i) {
      if (problem.losses[i] == name) terms_.push_back({weight, i, true});
    }
    for (std::size_t i = 0; i < problem.resources.size(); ++i) {
      if (problem.resources[i].name == name) terms_.push_back({weight, i, false});
    }
  }
}

double CheckedAmount::of(const Head& head, std::size_t candidate) const {
  double sum = 0;
  for (const auto& term : terms_) {
    sum += term.weight * (term.is_loss ? problem_.loss(head, candidate, term.index)
                                       : problem_.cost(head, candidate, term.index));
  }
  return sum;
}

void IntegerGrid::fix(std::size_t count) {
  shift_ = 120 - std::ilogb(std::max(largest_, 1e-280)) - std::ilogb(2.0 * static_cast<double>(count));
}

WideInteger IntegerGrid::units(double x) {
  const long double scaled = std::ldexp(static_cast<long double>(x), shift_);
  const auto units = static_cast<WideInteger>(scaled);
  exact_ = exact_ && static_cast<long double>(units) == scaled;
  return units;
}

WideInteger IntegerGrid::room(double limit) const {
  // Everything below the point half way to the next double rounds to `limit` or less; the point itself rounds
  // to the neighbour whose last bit is even.
  const auto next = static_cast<long double>(std::nextafter(limit, std::numeric_limits<double>::infinity()));
  const long double edge = std::ldexp((static_cast<long double>(limit) + next) / 2, shift_);
  if (edge >= 0x1.0p125L) return static_cast<WideInteger>(1) << 125;
  const auto room = static_cast<WideInteger>(std::floor(edge));
  const bool odd = (std::bit_cast<std::uint64_t>(limit) & 1) != 0;
  return odd && static_cast<long double>(room) == edge ? room - 1 : room;
}

Groups make_groups(const Problem& problem, const TakenMap& taken, const Mix& limited, const Mix& minimized) {
  Groups out{group_heads(problem, taken), {}, {}};
  const CheckedAmount cost(problem, limited), value(problem, minimized);
  for (const auto& [place, choice] : taken) {
    for (std::size_t k = 0; k < choice.head->rule.size(); ++k) {
      out.cost_grid.cover(cost.of(*choice.head, k));
      out.value_grid.cover(value.of(*choice.head, k));
    }
  }
  out.cost_grid.fix(taken.size());
  out.value_grid.fix(taken.size());
  for (auto& group : out.groups) {
    std::map<std::uint32_t, OptionSum> sums;
    for (const auto* head : group.heads) {
      for (std::size_t k = 0; k < head->rule.size(); ++k) {
        const double head_cost = cost.of(*head, k), head_value = value.of(*head, k);
        const auto cost_units = out.cost_grid.units(head_cost),
                   value_units = out.value_grid.units(head_value);
        if (group.heads.size() == 1) {
          group.options.push_back({head->rule[k], head_cost, head_value, cost_units, value_units});
          continue;
        }
        auto& sum = sums[head->rule[k]];
        sum.cost.add(head_cost);
        sum.value.add(head_value);
        sum.cost_units += cost_units;
        sum.value_units += value_units;
        ++sum.heads;
      }
    }
    for (const auto& [rule, sum] : sums) {
      if (sum.heads != group.heads.size()) continue;
      group.options.push_back({rule, sum.cost.value(), sum.value.value(), sum.cost_units, sum.value_units});
    }
    const auto& choice = taken.at({group.heads.front()->layer, group.heads.front()->head});
    const auto is_chosen = [&](const GroupOption& option) {
      return option.rule == choice.head->rule[choice.candidate];
    };
    group.chosen = static_cast<std::size_t>(
        std::find_if(group.options.begin(), group.options.end(), is_chosen) - group.options.begin());
  }
  return out;
}

}  // namespace spanwise::tuner
