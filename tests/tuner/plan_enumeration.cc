// SPDX-License-Identifier: Apache-2.0
// Every plan of a small problem with any parts, one after the other.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>

#include "tests/tuner/enumeration.h"

namespace spanwise::tests {
namespace {

constexpr int kBits = 72;

Exact to_exact(double x) {
  const long double scaled = std::ldexp(static_cast<long double>(x), kBits);
  const auto exact = static_cast<Exact>(scaled);
  if (static_cast<long double>(exact) != scaled || std::fabs(x) > 0x1p40)
    throw std::logic_error("not on the oracle's grid");
  return exact;
}

double rounded(Exact amount) { return std::ldexp(static_cast<double>(amount), -kBits); }

struct Picked {
  const tuner::Head* head;
  std::size_t candidate;
};
using Plan = std::vector<Picked>;

class Amounts {
 public:
  explicit Amounts(const tuner::Problem& problem) : problem_(problem) {}

  double number(const Picked& picked, const std::string& name) const {
    const auto& head = *picked.head;
    for (std::size_t i = 0; i < problem_.losses.size(); ++i) {
      if (problem_.losses[i] == name) return head.loss[picked.candidate * problem_.losses.size() + i];
    }
    const auto r = resource(name);
    return head.cost.empty() ? problem_.rules[head.rule[picked.candidate]].cost->at(r)
                             : head.cost[picked.candidate * problem_.resources.size() + r];
  }

  Exact of(const Plan& plan, const tuner::Mix& mix) const {
    Exact sum = 0;
    std::map<int, std::set<std::uint32_t>> rules;
    std::map<std::tuple<int, std::string, bool, int>, double> peaks;
    for (const auto& picked : plan) {
      double added = 0;
      for (const auto& [name, weight] : mix) {
        if (!is_peak(name)) {
          added += weight * number(picked, name);
          continue;
        }
        const auto& head = *picked.head;
        const bool grouped = head.kv_group.has_value();
        auto& peak = peaks[{head.layer, name, grouped, grouped ? *head.kv_group : head.head}];
        peak = std::max(peak, number(picked, name));
      }
      sum += to_exact(added);
      rules[picked.head->layer].insert(picked.head->rule[picked.candidate]);
    }
    for (const auto& [group, peak] : peaks) sum += to_exact(mix.at(std::get<1>(group)) * peak);
    for (const auto& layer : problem_.layers) {
      double launch = 0;
      for (const auto& [name, weight] : mix) {
        if (layer.launch.count(name) != 0) launch += weight * layer.launch.at(name);
      }
      sum += to_exact(launch) * static_cast<Exact>(rules[layer.layer].size());
    }
    return sum;
  }

  bool keeps(const Plan& plan, const std::vector<tuner::Limit>& limits) const {
    for (const auto& limit : limits) {
      const double amount = rounded(of(plan, limit.of));
      if ((limit.max && amount > *limit.max) || (limit.min && amount < *limit.min)) return false;
    }
    return true;
  }

 private:
  std::size_t resource(const std::string& name) const {
    std::size_t r = 0;
    while (problem_.resources.at(r).name != name) ++r;
    return r;
  }
  bool is_peak(const std::string& name) const {
    for (const auto& r : problem_.resources) {
      if (r.name == name) return r.combine == tuner::Combine::kMaxInKvGroup;
    }
    return false;
  }

  const tuner::Problem& problem_;
};

// Calls visit for every plan that keeps max_rules.
void for_each_plan(const tuner::Problem& problem, const std::function<void(const Plan&)>& visit) {
  std::vector<const tuner::Head*> heads;
  for (const auto& head : problem.heads) heads.push_back(&head);
  std::sort(heads.begin(), heads.end(),
            [](const auto* a, const auto* b) { return std::tie(a->layer, a->head) < std::tie(b->layer, b->head); });
  Plan plan;
  const auto allowed = [&] {
    for (const auto& layer : problem.layers) {
      std::set<std::uint32_t> rules;
      for (const auto& picked : plan) {
        if (picked.head->layer == layer.layer) rules.insert(picked.head->rule[picked.candidate]);
      }
      if (layer.max_rules && rules.size() > static_cast<std::size_t>(*layer.max_rules)) return false;
    }
    return true;
  };
  const std::function<void(std::size_t)> walk = [&](std::size_t h) {
    if (h == heads.size()) {
      if (allowed()) visit(plan);
      return;
    }
    for (std::size_t k = 0; k < heads[h]->rule.size(); ++k) {
      plan.push_back({heads[h], k});
      walk(h + 1);
      plan.pop_back();
    }
  };
  walk(0);
}

std::vector<std::string> names_of(const tuner::Problem& problem, const Plan& plan) {
  std::vector<std::string> names;
  for (const auto& picked : plan) names.push_back(problem.rules[picked.head->rule[picked.candidate]].name);
  return names;
}

}  // namespace

std::optional<BestPlan> best_plan(const tuner::Problem& problem) {
  const Amounts amounts(problem);
  std::map<std::string, tuner::Mix> upper;
  for (const auto& limit : problem.limits) {
    if (limit.max) upper[tuner::mix_name(limit.of)] = limit.of;
  }
  using Key = std::tuple<std::vector<Exact>, std::vector<Exact>, std::vector<std::string>>;
  std::optional<Key> best;
  BestPlan out;
  for_each_plan(problem, [&](const Plan& plan) {
    if (!amounts.keeps(plan, problem.limits)) return;
    Key key;
    std::vector<double> goals;
    for (const auto& objective : problem.minimize) {
      Exact goal = 0;
      if (objective.bottleneck) {
        double most = -HUGE_VAL;
        for (const auto& picked : plan) most = std::max(most, amounts.number(picked, objective.of.begin()->first));
        goal = to_exact(most);
      } else {
        goal = amounts.of(plan, objective.of);
      }
      std::get<0>(key).push_back(goal);
      goals.push_back(rounded(goal));
    }
    for (const auto& [name, mix] : upper) std::get<1>(key).push_back(amounts.of(plan, mix));
    std::get<2>(key) = names_of(problem, plan);
    if (best && !(key < *best)) return;
    best = key;
    out = {std::get<2>(key), goals};
  });
  if (!best) return std::nullopt;
  return out;
}

std::optional<double> extreme_amount(const tuner::Problem& problem, const tuner::Mix& of, bool most,
                                     const std::vector<tuner::Limit>& within) {
  const Amounts amounts(problem);
  std::optional<double> extreme;
  for_each_plan(problem, [&](const Plan& plan) {
    if (!amounts.keeps(plan, within)) return;
    const double x = rounded(amounts.of(plan, of));
    if (!extreme || (most ? x > *extreme : x < *extreme)) extreme = x;
  });
  return extreme;
}

std::vector<std::pair<double, double>> plan_front(const tuner::Problem& problem, const tuner::Mix& limited,
                                                  const tuner::Mix& minimized,
                                                  const std::vector<tuner::Limit>& within) {
  const Amounts amounts(problem);
  std::set<std::pair<double, double>> points;
  for_each_plan(problem, [&](const Plan& plan) {
    if (!amounts.keeps(plan, within)) return;
    points.insert({rounded(amounts.of(plan, limited)), rounded(amounts.of(plan, minimized))});
  });
  std::vector<std::pair<double, double>> front;
  for (const auto& point : points) {
    if (front.empty() || point.second < front.back().second) front.push_back(point);
  }
  return front;
}

}  // namespace spanwise::tests
