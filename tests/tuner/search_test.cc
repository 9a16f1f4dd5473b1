// SPDX-License-Identifier: Apache-2.0
// The exact search against full enumeration, and what must not change its answer.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/documents/document.h"
#include "tests/tuner/enumeration.h"
#include "tests/tuner/random_problem.h"
#include "tuner/solve.h"

using namespace spanwise;
using tests::Dice;
using tuner::Mix;
using tuner::Status;

namespace {

Mix limited_mix(const tuner::Problem& problem) {
  return problem.limits.empty() ? Mix{} : problem.limits[0].of;
}
double limit_of(const tuner::Problem& problem) {
  return problem.limits.empty() ? std::numeric_limits<double>::infinity() : *problem.limits[0].max;
}

std::vector<std::string> rules_of(const tuner::Solution& solution) {
  std::vector<std::string> rules;
  for (const auto& choice : solution.assignment) rules.push_back(choice.rule);
  return rules;
}

}  // namespace

TEST_CASE("40,000 random small problems equal full enumeration") {
  int infeasible = 0, tied = 0, exact_fits = 0;
  for (std::uint64_t seed = 0; seed < 40'000; ++seed) {
    CAPTURE(seed);
    const auto problem = tests::small_problem(seed);
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    const auto all = tests::all_assignments(problem, limited_mix(problem), problem.minimize[0].of);
    const auto* best = tests::best_within(all, limit_of(problem));
    if (best == nullptr) {
      ++infeasible;
      REQUIRE(solution->status == Status::kInfeasible);
      if (all.empty()) {
        CHECK(solution->tightest_limit.empty());
        CHECK(!solution->reason.empty());
        continue;
      }
      const auto nearest =
          std::min_element(all.begin(), all.end(), [](auto& a, auto& b) { return a.cost < b.cost; });
      CHECK(*solution->nearest_feasible == tests::to_number(nearest->cost));
      CHECK(solution->tightest_limit == tuner::mix_name(problem.limits[0].of));
      continue;
    }
    REQUIRE(solution->status == Status::kOptimal);
    CHECK(solution->value == tests::to_number(best->value));
    CHECK(solution->lower_bound == solution->value);
    CHECK(solution->gap == 0.0);
    CHECK(solution->proof != tuner::Proof::kNone);
    CHECK(solution->dual_bound <= solution->value + 1e-12 * (1 + std::abs(solution->value)));
    REQUIRE(rules_of(*solution) == best->rules);
    tied += std::count_if(all.begin(), all.end(),
                          [&](auto& a) { return a.value == best->value && a.cost == best->cost; }) > 1;
    exact_fits += tests::to_number(best->cost) == limit_of(problem);
  }
  // The generator does reach the cases that matter.
  CHECK(infeasible > 500);
  CHECK(tied > 2000);
  CHECK(exact_fits > 2000);
}

TEST_CASE("sums of every loss and resource, in the problem's order") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const auto problem = tests::small_problem(seed);
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    if (solution->status == Status::kInfeasible) continue;
    REQUIRE(solution->loss.size() == problem.losses.size());
    REQUIRE(solution->cost.size() == problem.resources.size());
    const auto rules = rules_of(*solution);
    for (std::size_t i = 0; i < problem.resources.size(); ++i) {
      CHECK(solution->cost[i].name == problem.resources[i].name);
      const auto all = tests::all_assignments(problem, Mix{{problem.resources[i].name, 1.0}}, {});
      const auto same = std::find_if(all.begin(), all.end(), [&](auto& a) { return a.rules == rules; });
      REQUIRE(same != all.end());
      CHECK(solution->cost[i].value == tests::to_number(same->cost));
    }
    for (std::size_t i = 0; i < problem.losses.size(); ++i) {
      CHECK(solution->loss[i].name == problem.losses[i]);
      const auto all = tests::all_assignments(problem, Mix{{problem.losses[i], 1.0}}, {});
      const auto same = std::find_if(all.begin(), all.end(), [&](auto& a) { return a.rules == rules; });
      CHECK(solution->loss[i].value == tests::to_number(same->cost));
    }
  }
}

TEST_CASE("the order of heads, candidates and rules does not change a byte") {
  Dice dice(7);
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    CAPTURE(seed);
    auto problem = tests::small_problem(seed);
    if (seed % 2 == 0 && !problem.limits.empty()) {
      problem.front = tuner::FrontRequest{
          Mix{problem.limits[0].of}, Mix{{problem.losses[0], 0.25}}, tuner::FrontMode::kAll, {}, {}};
    }
    const auto first = tuner::solve(problem, "hash");
    const auto second = tuner::solve(tests::shuffled(problem, dice), "hash");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(tuner::to_json(*first) == tuner::to_json(*second));
  }
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto problem = tests::medium_problem({8, 16, 20, seed % 2 == 0, seed % 3 == 0}, seed);
    const auto first = tuner::solve(problem, "hash");
    const auto second = tuner::solve(tests::shuffled(problem, dice), "hash");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(tuner::to_json(*first) == tuner::to_json(*second));
  }
}

TEST_CASE("a written problem reads back as the same problem with the same solution") {
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    CAPTURE(seed);
    const auto problem = tests::small_problem(seed);
    const auto text = tuner::to_json(problem);
    const auto document = documents::parse_json(text, "problem.json");
    REQUIRE(document);
    const auto back = tuner::read_problem(*document);
    REQUIRE(back);
    REQUIRE(tuner::to_json(*back) == text);
    CHECK(tuner::to_json(*tuner::solve(*back, "h")) == tuner::to_json(*tuner::solve(problem, "h")));
  }
}

TEST_CASE("ten costs of 0.1 keep a limit of 1, as people read them") {
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.rules = {{"dense", std::vector<double>{0.1}, {}}, {"window", std::vector<double>{0.0}, {}}};
  for (int h = 0; h < 10; ++h) problem.heads.push_back({0, h, {}, {0, 1}, {0.0, 1.0}, {}, {}});
  problem.minimize = {{Mix{{"loss", 1.0}}, false, {}}};
  problem.limits = {{Mix{{"time", 1.0}}, 1.0, std::nullopt, {}}};
  const auto solution = tuner::solve(problem, "0");
  REQUIRE(solution);
  CHECK(solution->value == 0.0);
  CHECK(solution->cost[0].value == 1.0);
  problem.limits[0].max = std::nextafter(1.0, 0.0);
  CHECK(tuner::solve(problem, "0")->value == 1.0);
}

TEST_CASE("numbers of very different size") {
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.rules = {{"a", std::nullopt, {}}, {"b", std::nullopt, {}}};
  // A big-M loss beside tiny ones, and tiny costs beside a huge one.
  problem.heads.push_back({0, 0, {}, {0, 1}, {1e30, 1e-9}, {1e-30, 2e-30}, {}});
  problem.heads.push_back({0, 1, {}, {0, 1}, {1e-9, 2e-9}, {1e15, 1.0}, {}});
  problem.minimize = {{Mix{{"loss", 1.0}}, false, {}}};
  problem.limits = {{Mix{{"time", 1.0}}, 1e14, std::nullopt, {}}};
  const auto solution = tuner::solve(problem, "0");
  REQUIRE(solution);
  CHECK(solution->status == Status::kOptimal);
  CHECK(solution->value == 1e-9 + 2e-9);
  problem.heads[0].loss[1] = 1e308;
  problem.heads[1].loss[1] = 1e308;
  const auto overflow = tuner::solve(problem, "0");
  REQUIRE(!overflow);
  CHECK(overflow.error()[0].message == "the numbers of 'loss' are too large to add up");
}

TEST_CASE("a search that gives up keeps its limit and states a true bound") {
  // Losses that fall exactly with the cost: every assignment lies on the relaxation's line, and only a sum
  // that meets the limit exactly would be proved by it.
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.rules = {{"a", std::nullopt, {}}, {"b", std::nullopt, {}}};
  Dice dice(3);
  double total = 0;
  for (int h = 0; h < 60; ++h) {
    const double cost = 1.0 + dice.unit();
    total += cost;
    problem.heads.push_back({0, h, {}, {0, 1}, {0.0, -cost}, {0.0, cost}, {}});
  }
  problem.minimize = {{Mix{{"loss", 1.0}}, false, {}}};
  problem.limits = {{Mix{{"time", 1.0}}, total / 2, std::nullopt, {}}};
  tuner::Effort few;
  few.max_labels = 1'000;
  const auto solution = tuner::solve(problem, "0", few);
  REQUIRE(solution);
  CHECK(solution->status == Status::kFeasible);
  CHECK(solution->proof == tuner::Proof::kNone);
  CHECK(!solution->certificate.proved);
  CHECK(solution->cost[0].value <= total / 2);
  CHECK(solution->gap > 0.0);
  CHECK(solution->lower_bound >= solution->dual_bound);
  CHECK(solution->lower_bound >= -total / 2 - 1e-9);
  // More labels only help, and never contradict the bound.
  few.max_labels = 4'000'000;
  const auto better = tuner::solve(problem, "0", few);
  REQUIRE(better);
  CHECK(better->value <= solution->value);
  CHECK(better->value >= solution->lower_bound);
}

TEST_CASE("a limit may be of losses, and an objective of resources") {
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.rules = {{"dense", std::vector<double>{4}, {}},
                   {"half", std::vector<double>{2}, {}},
                   {"quarter", std::vector<double>{1}, {}}};
  problem.heads.push_back({0, 0, {}, {0, 1, 2}, {0, 1, 5}, {}, {}});
  problem.heads.push_back({1, 0, {}, {0, 1, 2}, {0, 2, 3}, {}, {}});
  problem.minimize = {{Mix{{"time", 1.0}}, false, {}}};
  problem.limits = {{Mix{{"loss", 1.0}}, 4.0, std::nullopt, {}}};
  const auto solution = tuner::solve(problem, "0");
  REQUIRE(solution);
  CHECK(rules_of(*solution) == std::vector<std::string>{"half", "quarter"});
  CHECK(solution->value == 3.0);
  CHECK(solution->certificate.multipliers.count("loss") == 1);
}
