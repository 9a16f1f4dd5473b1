// SPDX-License-Identifier: Apache-2.0
// The search over every part of the problem format, against full enumeration.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/tuner/enumeration.h"
#include "tests/tuner/random_problem.h"
#include "tuner/solve.h"

using namespace spanwise;
using tuner::Status;

namespace {

// SPANWISE_SEARCH_CASES=100000 runs that many; a few seconds' worth by default.
std::uint64_t cases(std::uint64_t usual) {
  const char* asked = std::getenv("SPANWISE_SEARCH_CASES");
  return asked == nullptr ? usual : std::strtoull(asked, nullptr, 10);
}

std::vector<std::string> rules_of(const tuner::Solution& solution) {
  std::vector<std::string> rules;
  for (const auto& choice : solution.assignment) rules.push_back(choice.rule);
  return rules;
}

}  // namespace

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
