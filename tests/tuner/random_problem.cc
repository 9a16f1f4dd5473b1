// SPDX-License-Identifier: Apache-2.0
#include "tests/tuner/random_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace spanwise::tests {

using tuner::Head;
using tuner::Mix;
using tuner::Problem;

int Dice::below(int count) {
  return static_cast<int>(core::random_bits(seed_, 0, next_++) % static_cast<std::uint64_t>(count));
}
bool Dice::chance(double probability) {
  return unit() < probability;
}
double Dice::unit() {
  return core::random_unit(core::random_bits(seed_, 0, next_++));
}

namespace {

// How the numbers of one problem look.
struct Taste {
  bool integral;
  int levels;       // few levels make many ties
  double negative;  // share of negative losses
  double zero;      // share of zero costs
};

double number(Dice& dice, const Taste& taste) {
  if (taste.integral) return dice.below(taste.levels);
  return 0.01 + 4.0 * dice.unit();
}

double loss(Dice& dice, const Taste& taste) {
  const double x = number(dice, taste);
  return dice.chance(taste.negative) ? -x : x;
}

double cost(Dice& dice, const Taste& taste) {
  return dice.chance(taste.zero) ? 0.0 : number(dice, taste);
}

void add_rules(Problem& problem, Dice& dice, const Taste& taste, int count) {
  std::vector<int> names(static_cast<std::size_t>(count));
  for (int r = 0; r < count; ++r) names[static_cast<std::size_t>(r)] = r;
  dice.shuffle(names);
  for (const int name : names) {
    std::vector<double> costs;
    for (std::size_t i = 0; i < problem.resources.size(); ++i) costs.push_back(cost(dice, taste));
    problem.rules.push_back({fmt::format("rule{}", name), costs, {}});
  }
}

Head make_head(const Problem& problem, Dice& dice, const Taste& taste) {
  Head head;
  const bool own_costs = dice.chance(0.6);
  const bool copies = dice.chance(0.3);
  std::vector<std::uint32_t> rules;
  for (std::uint32_t r = 0; r < problem.rules.size(); ++r) {
    if (dice.chance(0.85)) rules.push_back(r);
  }
  if (rules.empty()) rules.push_back(0);
  if (dice.chance(0.05)) rules.resize(1);
  dice.shuffle(rules);
  for (const auto rule : rules) {
    const auto candidate = head.rule.size();
    head.rule.push_back(rule);
    // The same numbers under another name.
    const bool copy = copies && candidate > 0 && dice.chance(0.5);
    for (std::size_t i = 0; i < problem.losses.size(); ++i) {
      head.loss.push_back(copy ? head.loss[i] : loss(dice, taste));
    }
    for (std::size_t i = 0; own_costs && i < problem.resources.size(); ++i) {
      head.cost.push_back(copy ? head.cost[i] : cost(dice, taste));
    }
  }
  return head;
}

Mix random_mix(const std::vector<std::string>& names, Dice& dice, double composite) {
  constexpr double kWeights[] = {1.0, 2.0, 0.5, 4.0, 3.0};
  Mix mix;
  const int terms = dice.chance(composite) ? 2 : 1;
  for (int i = 0; i < terms; ++i) {
    const auto& name = names[static_cast<std::size_t>(dice.below(static_cast<int>(names.size())))];
    mix[name] = terms == 1 && dice.chance(0.5) ? 1.0 : kWeights[dice.below(5)];
  }
  return mix;
}

double amount(const Problem& problem, const Mix& mix, const Head& head, std::size_t candidate) {
  double sum = 0;
  for (const auto& [name, weight] : mix) {
    for (std::size_t i = 0; i < problem.losses.size(); ++i) {
      if (problem.losses[i] == name) sum += weight * problem.loss(head, candidate, i);
    }
    for (std::size_t i = 0; i < problem.resources.size(); ++i) {
      if (problem.resources[i].name == name) sum += weight * problem.cost(head, candidate, i);
    }
  }
  return sum;
}

// The amount of a random assignment, so that some assignments fit exactly; sometimes less than the least.
double random_limit(const Problem& problem, const Mix& of, Dice& dice) {
  double limit = 0, least = 0;
  for (const auto& head : problem.heads) {
    double smallest = amount(problem, of, head, 0);
    for (std::size_t k = 1; k < head.rule.size(); ++k)
      smallest = std::min(smallest, amount(problem, of, head, k));
    least += smallest;
    limit +=
        amount(problem, of, head, static_cast<std::size_t>(dice.below(static_cast<int>(head.rule.size()))));
  }
  if (dice.chance(0.05)) return least - 0.5;
  if (dice.chance(0.05)) return least;
  if (dice.chance(0.3)) return least + (limit - least) * dice.unit();
  return limit;
}

}  // namespace

Problem small_problem(std::uint64_t seed) {
  Dice dice(seed);
  Problem problem;
  const Taste taste{dice.chance(0.6), 2 + dice.below(6), dice.chance(0.3) ? 0.5 : 0.0,
                    dice.chance(0.3) ? 0.4 : 0.0};
  problem.resources.push_back({"time", tuner::Combine::kSum, {}});
  if (dice.chance(0.4)) problem.resources.push_back({"bytes", tuner::Combine::kSum, {}});
  if (dice.chance(0.3)) problem.losses = {"long", "short"};
  add_rules(problem, dice, taste, 1 + dice.below(4));
  const int layers = 1 + dice.below(3);
  const int heads = 1 + dice.below(layers == 1 ? 5 : 2);
  for (int layer = 0; layer < layers; ++layer) {
    for (int h = 0; h < heads; ++h) {
      auto head = make_head(problem, dice, taste);
      head.layer = layer;
      head.head = h;
      problem.heads.push_back(std::move(head));
    }
    if (dice.chance(0.25)) problem.layers.push_back({layer, 1, {}, {}});
  }
  dice.shuffle(problem.heads);
  std::vector<std::string> names = problem.losses;
  for (const auto& resource : problem.resources) names.push_back(resource.name);
  const bool usual = dice.chance(0.5);
  problem.minimize.push_back(
      {usual ? Mix{{problem.losses[0], 1.0}} : random_mix(names, dice, 0.4), false, {}});
  if (dice.chance(0.95)) {
    const Mix of = usual ? Mix{{"time", 1.0}} : random_mix(names, dice, 0.4);
    problem.limits.push_back({of, random_limit(problem, of, dice), std::nullopt, {}});
  }
  return problem;
}

Problem any_problem(std::uint64_t seed) {
  Dice dice(seed + 50'000'000);
  Problem problem;
  const Taste taste{dice.chance(0.6), 2 + dice.below(6), dice.chance(0.25) ? 0.5 : 0.0, dice.chance(0.3) ? 0.4 : 0.0};
  problem.resources.push_back({"time", tuner::Combine::kSum, {}});
  if (dice.chance(0.6)) {
    const bool peak = dice.chance(0.75);
    problem.resources.push_back({"kv", peak ? tuner::Combine::kMaxInKvGroup : tuner::Combine::kSum, {}});
  }
  if (dice.chance(0.15)) problem.resources.push_back({"index", tuner::Combine::kMaxInKvGroup, {}});
  if (dice.chance(0.3)) problem.losses = {"long", "short"};
  add_rules(problem, dice, taste, 1 + dice.below(4));
  const int layers = 1 + dice.below(3);
  const int heads = 1 + dice.below(layers == 1 ? 5 : 2);
  for (int layer = 0; layer < layers; ++layer) {
    for (int h = 0; h < heads; ++h) {
      auto head = make_head(problem, dice, taste);
      head.layer = layer;
      head.head = h;
      if (dice.chance(0.7)) head.kv_group = dice.below(2);
      problem.heads.push_back(std::move(head));
    }
    tuner::Layer limits{layer, std::nullopt, {}, {}};
    if (dice.chance(0.4)) limits.max_rules = 1 + dice.below(3);
    if (dice.chance(0.3)) {
      const auto& name = problem.resources[static_cast<std::size_t>(dice.below(static_cast<int>(problem.resources.size())))].name;
      limits.launch[name] = number(dice, taste);
    }
    if (limits.max_rules || !limits.launch.empty()) problem.layers.push_back(std::move(limits));
  }
  dice.shuffle(problem.heads);
  std::vector<std::string> names = problem.losses;
  for (const auto& resource : problem.resources) names.push_back(resource.name);
  const int goals = 1 + (dice.chance(0.4) ? dice.below(3) : 0);
  for (int i = 0; i < goals; ++i) {
    const bool bottleneck = dice.chance(0.25);
    problem.minimize.push_back({random_mix(names, dice, bottleneck ? 0.0 : 0.4), bottleneck, {}});
    if (bottleneck) problem.minimize.back().of.begin()->second = 1.0;
  }
  const int limits = dice.below(4);
  for (int i = 0; i < limits; ++i) {
    const Mix of = random_mix(names, dice, 0.4);
    tuner::Limit limit{of, std::nullopt, std::nullopt, {}};
    const double a = random_limit(problem, of, dice), b = random_limit(problem, of, dice);
    if (dice.chance(0.75)) limit.max = std::max(a, b);
    if (!limit.max || dice.chance(0.25)) limit.min = std::min(a, b) - (dice.chance(0.5) ? 0.25 : 0.0);
    problem.limits.push_back(std::move(limit));
  }
  return problem;
}

Problem medium_problem(const MediumShape& shape, std::uint64_t seed) {
  Dice dice(seed);
  Problem problem;
  problem.resources.push_back({"time", tuner::Combine::kSum, {}});
  for (int r = 0; r < shape.rules; ++r) {
    const double time = std::pow(50.0, dice.unit());
    problem.rules.push_back(
        {fmt::format("rule{:02}", r), std::vector<double>{shape.integral ? std::ceil(time) : time}, {}});
  }
  double least = 0, most = 0;
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int h = 0; h < shape.heads; ++h) {
      Head head;
      head.layer = layer;
      head.head = h;
      const double scale = std::exp(3.0 * dice.unit());
      double smallest = 1e300, largest = 0;
      for (std::uint32_t r = 0; r < problem.rules.size(); ++r) {
        const double time = (*problem.rules[r].cost)[0];
        const double x = scale / time * (0.5 + dice.unit());
        head.rule.push_back(r);
        head.loss.push_back(shape.integral ? std::ceil(100 * x) : x);
        smallest = std::min(smallest, time);
        largest = std::max(largest, time);
      }
      least += smallest;
      most += largest;
      problem.heads.push_back(std::move(head));
    }
    if (shape.one_rule_layers && layer % 2 == 1) problem.layers.push_back({layer, 1, {}, {}});
  }
  const double limit = least + (most - least) * (0.05 + 0.6 * dice.unit());
  problem.minimize.push_back({Mix{{"loss", 1.0}}, false, {}});
  problem.limits.push_back(
      {Mix{{"time", 1.0}}, shape.integral ? std::floor(limit) : limit, std::nullopt, {}});
  return problem;
}

Problem shuffled(const Problem& problem, Dice& dice) {
  auto out = problem;
  std::vector<std::uint32_t> to(problem.rules.size());
  for (std::uint32_t r = 0; r < to.size(); ++r) to[r] = r;
  dice.shuffle(to);
  for (std::uint32_t r = 0; r < to.size(); ++r) out.rules[to[r]] = problem.rules[r];
  for (auto& head : out.heads) {
    std::vector<std::size_t> order(head.rule.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    dice.shuffle(order);
    auto moved = head;
    moved.rule.clear();
    moved.loss.clear();
    moved.cost.clear();
    for (const auto k : order) {
      moved.rule.push_back(to[head.rule[k]]);
      for (std::size_t i = 0; i < problem.losses.size(); ++i) moved.loss.push_back(problem.loss(head, k, i));
      for (std::size_t i = 0; !head.cost.empty() && i < problem.resources.size(); ++i) {
        moved.cost.push_back(head.cost[k * problem.resources.size() + i]);
      }
    }
    head = std::move(moved);
  }
  dice.shuffle(out.heads);
  dice.shuffle(out.layers);
  if (!out.front || out.front->limited) dice.shuffle(out.limits);
  return out;
}

Problem medium_any_problem(std::uint64_t seed) {
  Dice dice(seed + 90'000'000);
  Problem problem;
  const bool integral = dice.chance(0.5), unions = dice.chance(0.6), two_losses = dice.chance(0.3);
  const auto shown = [&](double x) { return integral ? std::ceil(20 * x) : x; };
  problem.resources.push_back({"time", tuner::Combine::kSum, {}});
  if (unions) problem.resources.push_back({"kv", tuner::Combine::kMaxInKvGroup, {}});
  if (two_losses) problem.losses = {"long", "short"};
  const int layers = 2 + dice.below(3), heads = 4 + dice.below(5), rules = 4 + dice.below(5);
  std::vector<double> kept;
  for (int r = 0; r < rules; ++r) {
    kept.push_back(std::pow(30.0, dice.unit()));
    std::vector<double> cost{shown(kept.back() * (0.7 + 0.6 * dice.unit()))};
    if (unions) cost.push_back(shown(kept.back()));
    problem.rules.push_back({fmt::format("rule{:02}", r), cost, {}});
  }
  double time = 0, kv = 0;
  const double share = 0.15 + 0.4 * dice.unit();
  for (int layer = 0; layer < layers; ++layer) {
    for (int h = 0; h < heads; ++h) {
      Head head;
      head.layer = layer;
      head.head = h;
      if (unions) head.kv_group = h / 3;
      const double scale = std::exp(3.0 * dice.unit());
      for (std::uint32_t r = 0; r < problem.rules.size(); ++r) {
        head.rule.push_back(r);
        for (std::size_t i = 0; i < problem.losses.size(); ++i)
          head.loss.push_back(shown(scale / kept[r] * (0.5 + dice.unit())));
      }
      time += share * shown(30);
      kv += h % 3 == 0 ? (0.2 + share) * shown(30) : 0;
      problem.heads.push_back(std::move(head));
    }
    tuner::Layer limits{layer, std::nullopt, {}, {}};
    if (dice.chance(0.3)) limits.max_rules = 1 + dice.below(3);
    if (dice.chance(0.3)) limits.launch["time"] = shown(2);
    if (limits.max_rules || !limits.launch.empty()) problem.layers.push_back(std::move(limits));
  }
  problem.limits.push_back({{{"time", 1.0}}, time, std::nullopt, {}});
  if (unions) problem.limits.push_back({{{"kv", 1.0}, {"time", 0.5}}, kv + 0.5 * time, std::nullopt, {}});
  if (two_losses && dice.chance(0.5)) problem.limits.push_back({{{"short", 1.0}}, std::nullopt, shown(1.0), {}});
  Mix goal{{problem.losses[0], 1.0}};
  if (two_losses) goal["short"] = 0.5;
  problem.minimize.push_back({goal, false, {}});
  if (dice.chance(0.2)) problem.minimize.insert(problem.minimize.begin(), {{{problem.losses[0], 1.0}}, true, {}});
  return problem;
}

}  // namespace spanwise::tests
