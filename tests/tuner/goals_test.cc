// SPDX-License-Identifier: Apache-2.0
// The search over every part of the problem format, against full enumeration.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "tests/support/sanitized.h"
#include "tests/tuner/enumeration.h"
#include "tests/tuner/random_problem.h"
#include "tuner/checker.h"
#include "tuner/solve.h"

using namespace spanwise;
using tuner::Status;

namespace {

// SPANWISE_SEARCH_CASES=100000 runs that many; a few seconds' worth by default, with and without a sanitizer.
std::uint64_t cases(std::uint64_t usual) {
  const char* asked = std::getenv("SPANWISE_SEARCH_CASES");
  return asked == nullptr ? spanwise::testing::random_cases(usual) : std::strtoull(asked, nullptr, 10);
}

std::vector<std::string> rules_of(const tuner::Solution& solution) {
  std::vector<std::string> rules;
  for (const auto& choice : solution.assignment) rules.push_back(choice.rule);
  return rules;
}

}  // namespace

// All costs of the dual's choice are 0 there, so a distance in their units never grew.
TEST_CASE("a problem whose bound is 0 ends") {
  const auto problem = tests::any_problem(5022);
  const auto solution = tuner::solve(problem, "0");
  REQUIRE(solution);
  CHECK(solution->status == (tests::best_plan(problem) ? Status::kOptimal : Status::kInfeasible));
}

TEST_CASE("random small problems with any parts equal full enumeration") {
  int infeasible = 0, several = 0, together = 0;
  for (std::uint64_t seed = 0; seed < cases(1'500); ++seed) {
    CAPTURE(seed);
    const auto problem = tests::any_problem(seed);
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    const auto best = tests::best_plan(problem);
    if (!best) {
      ++infeasible;
      REQUIRE(solution->status == Status::kInfeasible);
      CHECK(!solution->reason.empty());
      continue;
    }
    REQUIRE(solution->status == Status::kOptimal);
    CHECK(solution->value == best->goals[0]);
    CHECK(solution->gap == 0.0);
    for (std::size_t i = 0; i < solution->goals.size(); ++i) CHECK(solution->goals[i].value == best->goals[i]);
    REQUIRE(rules_of(*solution) == best->rules);
    several += problem.minimize.size() > 1;
    together += problem.limits.size() > 1;
  }
  CHECK(infeasible * 50 > static_cast<int>(cases(1'500)));
  CHECK(several * 10 > static_cast<int>(cases(1'500)));
  CHECK(together * 10 > static_cast<int>(cases(1'500)));
}

TEST_CASE("certificates of any problem are accepted, and rejected when tampered with") {
  using Kind = tuner::Verdict::Kind;
  int accepted = 0, closed = 0, rejected = 0;
  for (std::uint64_t seed = 0; seed < cases(1'500); ++seed) {
    CAPTURE(seed);
    const auto problem = tests::any_problem(seed);
    const auto solution = tuner::solve(problem, "tables");
    REQUIRE(solution);
    if (solution->status == Status::kInfeasible) continue;
    const auto claim = tuner::claim_of(*solution);
    const auto verdict = tuner::check(problem, "tables", claim);
    CHECK_MESSAGE(verdict.kind != Kind::kRejected, verdict.text());
    ++accepted;
    closed += verdict.kind == Kind::kProvedAgain;
    const auto must_fail = [&](tuner::Claim changed) {
      const auto outcome = tuner::check(problem, "tables", changed);
      CHECK_MESSAGE(outcome.kind == Kind::kRejected, outcome.text());
      ++rejected;
    };
    auto changed = claim;
    changed.certificate.value -= 1;
    changed.certificate.gap = tuner::relative_gap(changed.certificate.value, changed.certificate.dual_bound);
    must_fail(changed);
    changed = claim;
    changed.certificate.dual_bound += 0.5;
    must_fail(changed);
    changed = claim;
    changed.assignment.pop_back();
    must_fail(changed);
    changed = claim;
    changed.certificate.tables_sha256 = "other";
    must_fail(changed);
    changed = claim;
    changed.certificate.multipliers["no such limit"] = 1;
    must_fail(changed);
    changed = claim;
    changed.certificate.later.push_back({});
    must_fail(changed);
    changed = claim;
    if (!changed.loss.empty()) changed.loss[0].value += 1;
    must_fail(changed);
  }
  CHECK(rejected * 3 >= 2 * static_cast<int>(cases(1'500)));
  CHECK(closed * 10 > accepted * 8);
}

TEST_CASE("a plan that is not the best is rejected though all its numbers are right") {
  int rejected = 0, left = 0;
  for (std::uint64_t seed = 0; seed < cases(1'500); ++seed) {
    CAPTURE(seed);
    auto problem = tests::any_problem(seed);
    if (problem.minimize.size() > 1 || problem.minimize[0].bottleneck || problem.limits.empty()) continue;
    const auto best = tuner::solve(problem, "tables");
    REQUIRE(best);
    if (best->status == Status::kInfeasible) continue;
    // The optimum of a problem that must be worse, under the certificate of the real one.
    auto worse = problem;
    worse.limits.push_back({problem.minimize[0].of, std::nullopt, best->value + 0.001, {}});
    const auto second = tuner::solve(worse, "tables");
    REQUIRE(second);
    if (second->status == Status::kInfeasible) continue;
    auto claim = tuner::claim_of(*second);
    claim.certificate = best->certificate;
    claim.certificate.value = second->value;
    claim.certificate.gap = tuner::relative_gap(second->value, claim.certificate.dual_bound);
    const auto verdict = tuner::check(problem, "tables", claim);
    CHECK(verdict.kind != tuner::Verdict::Kind::kProvedAgain);
    (verdict.kind == tuner::Verdict::Kind::kRejected ? rejected : left) += 1;
  }
  CHECK(rejected * 15 > static_cast<int>(cases(1'500)));
  CHECK(left * 10 <= rejected);
}

TEST_CASE("neither the order of the input nor the number of threads changes a byte") {
  tests::Dice dice(11);
  core::ThreadPool pool(3);
  tuner::Effort together;
  together.pool = &pool;
  const auto same = [&](tuner::Problem problem, std::uint64_t seed) {
    CAPTURE(seed);
    if (seed % 5 == 0 && !problem.limits.empty() && problem.limits[0].max && !problem.minimize[0].bottleneck) {
      const auto mode = seed % 2 == 0 ? tuner::FrontMode::kAll : tuner::FrontMode::kSupported;
      problem.front = tuner::FrontRequest{problem.limits[0].of, problem.minimize[0].of, mode, {}, {}};
    }
    const auto first = tuner::solve(problem, "hash");
    const auto second = tuner::solve(tests::shuffled(problem, dice), "hash", together);
    REQUIRE(bool(first) == bool(second));
    if (first) CHECK(tuner::to_json(*first) == tuner::to_json(*second));
  };
  for (std::uint64_t seed = 0; seed < cases(300); ++seed) same(tests::any_problem(seed), seed);
  for (std::uint64_t seed = 0; seed < 20; ++seed) same(tests::medium_any_problem(seed), 1);
}

TEST_CASE("medium problems are proved again by the checker") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const auto problem = tests::medium_any_problem(seed);
    const auto solution = tuner::solve(problem, "tables");
    REQUIRE(solution);
    if (solution->status == Status::kInfeasible || problem.minimize[0].bottleneck) continue;
    const auto verdict = tuner::check(problem, "tables", tuner::claim_of(*solution));
    CHECK_MESSAGE(verdict.kind == tuner::Verdict::Kind::kProvedAgain, verdict.text());
  }
}

TEST_CASE("what cannot be searched to the end is improved by exchanges") {
  int near = 0, asked = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const auto problem = tests::medium_any_problem(seed);
    if (problem.minimize[0].bottleneck) continue;
    tuner::Effort few;
    few.max_labels = 100;
    const auto best = tuner::solve(problem, "0"), quick = tuner::solve(problem, "0", few);
    REQUIRE(best);
    if (!quick || quick->status == Status::kInfeasible) continue;
    REQUIRE(best->status == Status::kOptimal);
    CHECK(quick->value >= best->value);
    CHECK(quick->lower_bound <= best->value);
    ++asked;
    near += quick->value <= best->value + 0.01 * std::abs(best->value);
  }
  CHECK(asked >= 20);
  CHECK(near * 10 >= asked * 8);
}

TEST_CASE("what cannot be kept names a limit and the nearest value that can, as enumeration finds it") {
  int alone_seen = 0, together_seen = 0;
  for (std::uint64_t seed = 0; seed < cases(1'500); ++seed) {
    CAPTURE(seed);
    const auto problem = tests::any_problem(seed);
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    if (solution->status != Status::kInfeasible || solution->tightest_limit.empty()) continue;
    REQUIRE(solution->nearest_feasible);
    std::optional<double> max, min;
    tuner::Mix of;
    for (const auto& limit : problem.limits) {
      if (tuner::mix_name(limit.of) != solution->tightest_limit) continue;
      of = limit.of;
      if (limit.max) max = std::min(max.value_or(HUGE_VAL), *limit.max);
      if (limit.min) min = std::max(min.value_or(-HUGE_VAL), *limit.min);
    }
    const bool lower = !max || *solution->nearest_feasible <= *max;
    // The other limits, and the other side of this one.
    std::vector<tuner::Limit> others;
    for (auto limit : problem.limits) {
      if (tuner::mix_name(limit.of) == solution->tightest_limit) (lower ? limit.min : limit.max).reset();
      others.push_back(limit);
    }
    const auto alone = tests::extreme_amount(problem, of, lower, {});
    REQUIRE(alone);
    const bool broken = lower ? *alone < *min : *alone > *max;
    const auto nearest = broken ? alone : tests::extreme_amount(problem, of, lower, others);
    REQUIRE(nearest);
    CHECK(*solution->nearest_feasible == *nearest);
    (broken ? alone_seen : together_seen) += 1;
  }
  CHECK(alone_seen > 0);
  CHECK(together_seen > 0);
}

TEST_CASE("the whole front of any problem equals enumeration") {
  int points = 0;
  for (std::uint64_t seed = 0; seed < cases(300); ++seed) {
    CAPTURE(seed);
    auto problem = tests::any_problem(seed);
    if (problem.limits.empty() || problem.minimize.size() > 1 || problem.minimize[0].bottleneck) continue;
    const auto limited = problem.limits[0].of, minimized = problem.minimize[0].of;
    if (limited == minimized) continue;
    problem.front = tuner::FrontRequest{limited, minimized, tuner::FrontMode::kAll, {}, {}};
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    REQUIRE(solution->front);
    auto within = problem.limits;
    std::erase_if(within, [&](const auto& limit) { return limit.of == limited; });
    const auto expected = tests::plan_front(problem, limited, minimized, within);
    REQUIRE(solution->front->points.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(solution->front->points[i].limited == expected[i].first);
      CHECK(solution->front->points[i].minimized == expected[i].second);
      ++points;
    }
  }
  CHECK(points > static_cast<int>(cases(300)) / 4);
}
