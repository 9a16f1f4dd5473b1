// SPDX-License-Identifier: Apache-2.0
// The search over every part of the problem format, against full enumeration.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/tuner/enumeration.h"
#include "tests/tuner/random_problem.h"
#include "tuner/checker.h"
#include "tuner/solve.h"

using namespace spanwise;
using tuner::Status;

namespace {

// SPANWISE_SEARCH_CASES=100000 runs that many; a few seconds' worth by default, with and without a sanitizer.
std::uint64_t cases(std::uint64_t usual) {
#if defined(__SANITIZE_ADDRESS__)
  usual /= 5;
#endif
  const char* asked = std::getenv("SPANWISE_SEARCH_CASES");
  return asked == nullptr ? usual : std::strtoull(asked, nullptr, 10);
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
