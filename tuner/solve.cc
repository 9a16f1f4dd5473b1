// SPDX-License-Identifier: Apache-2.0
#include "tuner/solve.h"

#include <fmt/format.h>

#include <limits>

#include "tuner/exact_sum.h"
#include "tuner/front.h"
#include "tuner/mix_amount.h"

namespace spanwise::tuner {
namespace {

constexpr double kProvedGap = 1e-9;
constexpr const char* kMethod = "multiple-choice knapsack: hull, reduced costs, labels";

// The candidate that an item gives each head of its class, heads in (layer, head) order.
struct Taken {
  const Head* head;
  std::size_t candidate;
};

std::vector<Taken> expand(const Problem& problem, const ChoiceTable& table,
                          const std::vector<std::uint32_t>& items) {
  std::vector<Taken> taken;
  for (std::size_t i = 0; i < table.classes(); ++i) {
    for (auto h = table.first_head[i]; h < table.first_head[i + 1]; ++h) {
      const auto& head = problem.heads[table.heads[h]];
      taken.push_back(
          {&head, static_cast<std::size_t>(candidate_with_rule(head, table.items[items[i]].rule))});
    }
  }
  return taken;
}

double sum_of(const Problem& problem, const std::vector<Taken>& taken, const Mix& mix) {
  const MixAmount amount(problem, mix);
  ExactSum sum;
  for (const auto& t : taken) sum.add(amount(*t.head, t.candidate));
  return sum.value();
}

// Sums of every loss and of every resource, in the problem's order.
void fill_sums(const Problem& problem, const std::vector<Taken>& taken, Solution& solution) {
  const auto sum = [&](const std::string& name) {
    return NamedNumber{name, sum_of(problem, taken, {{name, 1.0}})};
  };
  for (const auto& name : problem.losses) solution.loss.push_back(sum(name));
  for (const auto& resource : problem.resources) solution.cost.push_back(sum(resource.name));
}

void fill_infeasible(const Problem& problem, const KnapsackResult& result, Solution& solution) {
  const auto& limit = problem.limits.front();
  solution.status = Status::kInfeasible;
  solution.proof = Proof::kDual;
  solution.tightest_limit = mix_name(limit.of);
  solution.nearest_feasible = result.least_cost;
  solution.reason =
      fmt::format("'{}' can be at most {} by its limit, but no choice of rules has less than {}",
                  solution.tightest_limit, *limit.max, result.least_cost);
}

void fill(const Problem& problem, const Knapsack& knapsack, const KnapsackResult& result,
          std::string tables_sha256, Solution& solution) {
  const auto taken = expand(problem, knapsack.table(), result.items);
  for (const auto& t : taken) {
    solution.assignment.push_back(
        {t.head->layer, t.head->head, problem.rules[t.head->rule[t.candidate]].name});
  }
  solution.value = sum_of(problem, taken, problem.minimize.front().of);
  fill_sums(problem, taken, solution);
  solution.dual_bound = result.dual_bound;
  solution.lower_bound = result.exhausted ? solution.value : result.searched_to;
  solution.gap = relative_gap(solution.value, solution.lower_bound);
  const double dual_gap = relative_gap(solution.value, solution.dual_bound);
  solution.proof = dual_gap <= kProvedGap ? Proof::kDual
                   : result.exhausted     ? Proof::kExhausted
                                          : Proof::kNone;
  solution.status = solution.proof == Proof::kNone ? Status::kFeasible : Status::kOptimal;
  solution.work = {result.options, result.labels, result.peak_labels};
  auto& certificate = solution.certificate;
  certificate.method = kMethod;
  for (const auto& limit : problem.limits) {
    certificate.multipliers[mix_name(limit.of)] = result.multiplier;
    core::ensure(sum_of(problem, taken, limit.of) <= *limit.max, "a solution keeps its limit");
  }
  certificate.dual_bound = solution.dual_bound;
  certificate.value = solution.value;
  certificate.gap = dual_gap;
  certificate.proved = solution.status == Status::kOptimal;
  certificate.tables_sha256 = std::move(tables_sha256);
}

core::Status add_front(const Problem& problem, const Knapsack& main, const Mix& main_limited,
                       const KnapsackOptions& options, Solution& solution) {
  const auto& request = *problem.front;
  const Mix& limited = request.limited ? *request.limited : main_limited;
  const Mix& minimized = request.minimized ? *request.minimized : problem.minimize.front().of;
  const FrontOptions front_options{options};
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

}  // namespace

core::Result<Solution> solve(const Problem& problem, std::string tables_sha256,
                             const KnapsackOptions& options) {
  if (auto status = check_problem(problem); !status) return status.error();
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
  const auto result = knapsack.solve(limit, options);
  if (result.feasible) {
    fill(problem, knapsack, result, std::move(tables_sha256), solution);
  } else {
    fill_infeasible(problem, result, solution);
  }
  if (problem.front) {
    if (auto status = add_front(problem, knapsack, limited, options, solution); !status)
      return status.error();
  }
  return solution;
}

}  // namespace spanwise::tuner
