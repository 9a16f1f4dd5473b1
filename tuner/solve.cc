// SPDX-License-Identifier: Apache-2.0
#include "tuner/solve.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tuner/exact_sum.h"
#include "tuner/front.h"
#include "tuner/knapsack.h"
#include "tuner/mix_parts.h"
#include "tuner/search/goal_front.h"
#include "tuner/search/infeasible.h"

namespace spanwise::tuner {
namespace {

constexpr double kProvedGap = 1e-9;
constexpr const char* kKnapsackMethod = "multiple-choice knapsack: hull, reduced costs, labels";
constexpr const char* kGoalsMethod = "Lagrangian dual by cutting planes, reduced costs, labels";

// One upper limit, one sum to minimize, heads apart or layers of one rule: a plain multiple-choice knapsack.
bool is_knapsack(const Problem& problem) {
  const auto sums = [](const Resource& resource) { return resource.combine == Combine::kSum; };
  const auto plain = [](const Layer& layer) { return layer.max_rules.value_or(1) == 1 && layer.launch.empty(); };
  if (!std::all_of(problem.resources.begin(), problem.resources.end(), sums)) return false;
  if (!std::all_of(problem.layers.begin(), problem.layers.end(), plain)) return false;
  if (problem.minimize.size() != 1 || problem.minimize[0].bottleneck || problem.limits.size() > 1) return false;
  if (problem.limits.empty()) return true;
  const auto& limit = problem.limits[0];
  const bool same_axis = !problem.front || !problem.front->limited || *problem.front->limited == limit.of;
  return limit.max && !limit.min && same_axis;
}

Taken expand(const Problem& problem, const ChoiceTable& table, const std::vector<std::uint32_t>& items) {
  Taken taken(problem.heads.size(), 0);
  for (std::size_t i = 0; i < table.classes(); ++i) {
    for (auto h = table.first_head[i]; h < table.first_head[i + 1]; ++h) {
      const auto head = table.heads[h];
      taken[head] =
          static_cast<std::size_t>(candidate_with_rule(problem.heads[head], table.items[items[i]].rule));
    }
  }
  return taken;
}

void fill_plan(const Problem& problem, const Taken& taken, Solution& solution) {
  for (std::size_t h = 0; h < taken.size(); ++h) {
    const auto& head = problem.heads[h];
    solution.assignment.push_back({head.layer, head.head, problem.rules[head.rule[taken[h]]].name});
  }
  std::sort(solution.assignment.begin(), solution.assignment.end(), [](const Choice& a, const Choice& b) {
    return std::pair{a.layer, a.head} < std::pair{b.layer, b.head};
  });
  const auto sum = [&](const std::string& name) {
    return NamedNumber{name, plan_amount(problem, taken, {{name, 1.0}})};
  };
  for (const auto& name : problem.losses) solution.loss.push_back(sum(name));
  for (const auto& resource : problem.resources) solution.cost.push_back(sum(resource.name));
  for (const auto& limit : problem.limits) {
    const double amount = plan_amount(problem, taken, limit.of);
    core::ensure(!limit.max || amount <= *limit.max, "a solution keeps its limits");
    core::ensure(!limit.min || amount >= *limit.min, "a solution keeps its lower limits");
  }
}

void fill_certificate(Solution& solution, const char* method, std::string tables_sha256) {
  auto& certificate = solution.certificate;
  certificate.method = method;
  certificate.dual_bound = solution.dual_bound;
  certificate.value = solution.value;
  certificate.gap = relative_gap(solution.value, solution.dual_bound);
  certificate.proved = solution.status == Status::kOptimal;
  certificate.tables_sha256 = std::move(tables_sha256);
}

void fill_infeasible(const Problem& problem, const KnapsackResult& result, Solution& solution) {
  const auto& limit = problem.limits.front();
  solution.status = Status::kInfeasible;
  solution.proof = Proof::kDual;
  solution.tightest_limit = mix_name(limit.of);
  solution.nearest_feasible = result.least_cost;
  solution.reason = fmt::format("'{}' must be at most {} by its limit, but no choice of rules has less than {}",
                                solution.tightest_limit, *limit.max, result.least_cost);
}

void fill(const Problem& problem, const Knapsack& knapsack, const KnapsackResult& result,
          std::string tables_sha256, Solution& solution) {
  const auto taken = expand(problem, knapsack.table(), result.items);
  fill_plan(problem, taken, solution);
  solution.value = plan_amount(problem, taken, problem.minimize.front().of);
  solution.dual_bound = result.dual_bound;
  solution.lower_bound = result.exhausted ? solution.value : result.searched_to;
  solution.gap = relative_gap(solution.value, solution.lower_bound);
  const double dual_gap = relative_gap(solution.value, solution.dual_bound);
  solution.proof = dual_gap <= kProvedGap ? Proof::kDual
                   : result.exhausted     ? Proof::kExhausted
                                          : Proof::kNone;
  solution.status = solution.proof == Proof::kNone ? Status::kFeasible : Status::kOptimal;
  solution.work = {result.options, result.labels, result.peak_labels};
  for (const auto& limit : problem.limits)
    solution.certificate.multipliers[mix_name(limit.of)] = result.multiplier;
  fill_certificate(solution, kKnapsackMethod, std::move(tables_sha256));
}

core::Status add_knapsack_front(const Problem& problem, const Knapsack& main, const Mix& main_limited,
                                const Effort& effort, Solution& solution) {
  const auto& request = *problem.front;
  const Mix& limited = request.limited ? *request.limited : main_limited;
  const Mix& minimized = request.minimized ? *request.minimized : problem.minimize.front().of;
  const FrontOptions front_options{effort};
  core::Result<Front> front = Front{};
  if (limited == main_limited && minimized == problem.minimize.front().of) {
    front = make_front(main, request.mode, request.at, front_options);
  } else {
    auto table = make_choice_table(problem, limited, minimized);
    if (!table) return table.error();
    front = make_front(Knapsack(std::move(*table)), request.mode, request.at, front_options);
  }
  if (!front) return front.error();
  front->limited = mix_name(limited);
  front->minimized = mix_name(minimized);
  solution.front = std::move(*front);
  return core::Done{};
}

core::Result<Solution> solve_knapsack(const Problem& problem, std::string tables_sha256, const Effort& effort) {
  const Mix limited = problem.limits.empty() ? Mix{} : problem.limits.front().of;
  auto table = make_choice_table(problem, limited, problem.minimize.front().of);
  if (!table) return table.error();
  Solution solution;
  if (!table->impossible.empty()) {
    solution.proof = Proof::kDual;
    solution.reason = table->impossible;
    return solution;
  }
  const Knapsack knapsack(std::move(*table));
  const double limit =
      problem.limits.empty() ? std::numeric_limits<double>::infinity() : *problem.limits.front().max;
  const auto result = knapsack.solve(limit, effort);
  if (result.feasible) {
    fill(problem, knapsack, result, std::move(tables_sha256), solution);
  } else {
    fill_infeasible(problem, result, solution);
  }
  if (problem.front) {
    if (auto status = add_knapsack_front(problem, knapsack, limited, effort, solution); !status)
      return status.error();
  }
  return solution;
}

// By the name of the limit: above 0 its upper side, below 0 its lower one.
std::map<std::string, double> by_limit(const std::vector<LimitSide>& sides, const std::vector<double>& multipliers) {
  std::map<std::string, double> out;
  for (std::size_t i = 0; i < sides.size(); ++i)
    out[mix_name(sides[i].of)] += sides[i].lower ? -multipliers[i] : multipliers[i];
  return out;
}

std::string goal_name(const Objective& objective) {
  return objective.bottleneck ? fmt::format("max({})", mix_name(objective.of)) : mix_name(objective.of);
}

void fill(const Problem& problem, const GoalsResult& result, std::string tables_sha256, Solution& solution) {
  fill_plan(problem, result.taken, solution);
  const auto sides = limit_sides(problem);
  solution.proof = Proof::kDual;
  for (std::size_t i = 0; i < result.goals.size(); ++i) {
    const auto& goal = result.goals[i];
    solution.proof = std::max(solution.proof, goal.proof);
    auto multipliers = by_limit(sides, goal.multipliers);
    if (result.goals.size() > 1) {
      solution.goals.push_back({goal_name(problem.minimize[i]), goal.value, goal.dual_bound, goal.lower_bound,
                                relative_gap(goal.value, goal.lower_bound), goal.proof});
    }
    if (i == 0) {
      solution.value = goal.value;
      solution.dual_bound = goal.dual_bound;
      solution.lower_bound = goal.lower_bound;
      solution.gap = relative_gap(goal.value, goal.lower_bound);
      solution.certificate.multipliers = std::move(multipliers);
    } else {
      solution.certificate.later.push_back({std::move(multipliers), goal.earlier, goal.dual_bound, goal.value});
    }
  }
  solution.status = solution.proof == Proof::kNone ? Status::kFeasible : Status::kOptimal;
  solution.work = result.work;
  fill_certificate(solution, kGoalsMethod, std::move(tables_sha256));
}

core::Status fill_nothing_found(const Problem& problem, const GoalsResult& result, const Effort& effort,
                                Solution& solution) {
  solution.status = Status::kInfeasible;
  solution.proof = result.impossible_proof;
  solution.reason = result.reason;
  if (!solution.reason.empty()) return core::Done{};
  if (!result.impossible) {
    return core::fail(core::Fault::kFinding, "no plan that keeps the limits was found, nor a proof that there is none",
                      "give the search more time, or loosen a limit");
  }
  auto blame = find_blame(problem, effort);
  if (!blame) return blame.error();
  solution.tightest_limit = blame->limit;
  solution.nearest_feasible = blame->nearest;
  solution.reason = blame->reason;
  return core::Done{};
}

core::Result<Solution> solve_by_goals(const Problem& problem, std::string tables_sha256, const Effort& effort) {
  const auto result = solve_goals(problem, effort);
  if (!result) return result.error();
  Solution solution;
  if (result->taken.empty()) {
    if (auto status = fill_nothing_found(problem, *result, effort, solution); !status) return status.error();
  } else {
    fill(problem, *result, std::move(tables_sha256), solution);
  }
  if (problem.front) {
    const auto& request = *problem.front;
    const Mix& limited = request.limited ? *request.limited : problem.limits.front().of;
    const Mix& minimized = request.minimized ? *request.minimized : problem.minimize.front().of;
    auto front = goal_front(problem, limited, minimized, effort);
    if (!front) return front.error();
    front->limited = mix_name(limited);
    front->minimized = mix_name(minimized);
    solution.front = std::move(*front);
  }
  return solution;
}

}  // namespace

core::Result<Solution> solve(const Problem& problem, std::string tables_sha256, const Effort& effort) {
  if (auto status = check_problem(problem); !status) return status.error();
  if (is_knapsack(problem)) return solve_knapsack(problem, std::move(tables_sha256), effort);
  return solve_by_goals(problem, std::move(tables_sha256), effort);
}

}  // namespace spanwise::tuner
