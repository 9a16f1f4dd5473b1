// SPDX-License-Identifier: Apache-2.0
// The checker accepts what the search proves and rejects everything that was tampered with.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/tuner/enumeration.h"
#include "tests/tuner/random_problem.h"
#include "tuner/checker.h"
#include "tuner/solve.h"

using namespace spanwise;
using tests::Dice;
using tuner::Claim;
using tuner::Mix;
using tuner::Verdict;
using Kind = tuner::Verdict::Kind;

namespace {

// A problem with a solution and room for mistakes.
struct Proved {
  tuner::Problem problem;
  tuner::Solution solution;
};

std::optional<Proved> proved(std::uint64_t seed) {
  auto problem = seed % 4 == 0 ? tests::medium_problem({4, 6, 10, seed % 8 == 0, seed % 3 == 0}, seed)
                               : tests::small_problem(seed);
  auto solution = tuner::solve(problem, "tables");
  REQUIRE(solution);
  if (solution->status == tuner::Status::kInfeasible) return std::nullopt;
  return Proved{std::move(problem), std::move(*solution)};
}

const tuner::Head& head_of(const tuner::Problem& problem, const tuner::Choice& choice) {
  return *std::find_if(problem.heads.begin(), problem.heads.end(),
                       [&](auto& h) { return h.layer == choice.layer && h.head == choice.head; });
}

// Another legal rule for one head, if some head has one.
bool change_one_rule(const tuner::Problem& problem, Claim& claim, Dice& dice) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    auto& choice =
        claim.assignment[static_cast<std::size_t>(dice.below(static_cast<int>(claim.assignment.size())))];
    const auto& head = head_of(problem, choice);
    const auto& name =
        problem.rules[head.rule[static_cast<std::size_t>(dice.below(static_cast<int>(head.rule.size())))]]
            .name;
    if (name == choice.rule) continue;
    choice.rule = name;
    return true;
  }
  return false;
}

double amount_of(const tuner::Problem& problem, const Claim& claim, const Mix& mix) {
  long double sum = 0;
  for (const auto& choice : claim.assignment) {
    const auto& head = head_of(problem, choice);
    for (std::size_t k = 0; k < head.rule.size(); ++k) {
      if (problem.rules[head.rule[k]].name != choice.rule) continue;
      double x = 0;
      for (const auto& [name, weight] : mix) {
        for (std::size_t i = 0; i < problem.losses.size(); ++i) {
          if (problem.losses[i] == name) x += weight * problem.loss(head, k, i);
        }
        for (std::size_t i = 0; i < problem.resources.size(); ++i) {
          if (problem.resources[i].name == name) x += weight * problem.cost(head, k, i);
        }
      }
      sum += x;
    }
  }
  return static_cast<double>(sum);
}

// States every number as the claim's assignment really has it: only optimality is left to be wrong.
void restate(const tuner::Problem& problem, Claim& claim) {
  for (auto& number : claim.loss) number.value = amount_of(problem, claim, Mix{{number.name, 1.0}});
  for (auto& number : claim.cost) number.value = amount_of(problem, claim, Mix{{number.name, 1.0}});
  auto& certificate = claim.certificate;
  certificate.value = amount_of(problem, claim, problem.minimize[0].of);
  certificate.gap = tuner::relative_gap(certificate.value, certificate.dual_bound);
}

}  // namespace

TEST_CASE("every certificate of 4,000 searches is proved again") {
  int checked = 0;
  for (std::uint64_t seed = 0; seed < 4'000; ++seed) {
    CAPTURE(seed);
    const auto made = proved(seed);
    if (!made) continue;
    ++checked;
    const auto verdict = tuner::check(made->problem, "tables", tuner::claim_of(made->solution));
    CHECK_MESSAGE(verdict.kind == Kind::kProvedAgain, verdict.text());
    CHECK(verdict.text() == "optimal, proved again");
  }
  CHECK(checked > 3'000);
}

TEST_CASE("tampered plans and certificates are rejected") {
  using Tamper = std::function<bool(const tuner::Problem&, Claim&, Dice&)>;
  const std::vector<std::pair<const char*, Tamper>> tampers = {
      {"one rule changed", change_one_rule},
      {"one rule changed, every number made to match",
       [](const auto& problem, Claim& claim, Dice& dice) {
         if (!change_one_rule(problem, claim, dice)) return false;
         restate(problem, claim);
         return true;
       }},
      {"value off by one unit in the last place",
       [](const auto&, Claim& claim, Dice& dice) {
         auto& value = claim.certificate.value;
         value = std::nextafter(value, dice.chance(0.5) ? 1e300 : -1e300);
         return true;
       }},
      {"a stated sum changed",
       [](const auto&, Claim& claim, Dice& dice) {
         auto& list = dice.chance(0.5) ? claim.loss : claim.cost;
         list.front().value += 0.125;
         return true;
       }},
      {"a stated sum removed",
       [](const auto&, Claim& claim, Dice&) {
         if (claim.loss.size() < 2) return false;
         claim.loss.pop_back();
         return true;
       }},
      {"dual bound raised to the value",
       [](const auto&, Claim& claim, Dice&) {
         auto& c = claim.certificate;
         if (c.gap < 1e-6) return false;
         c.dual_bound = c.value;
         c.gap = 0;
         return true;
       }},
      {"dual bound lowered",
       [](const auto&, Claim& claim, Dice&) {
         claim.certificate.dual_bound -= 0.01 * (1.0 + std::fabs(claim.certificate.dual_bound));
         return true;
       }},
      {"gap changed",
       [](const auto&, Claim& claim, Dice&) {
         claim.certificate.gap += 1e-3;
         return true;
       }},
      {"multiplier negative",
       [](const auto& problem, Claim& claim, Dice&) {
         if (problem.limits.empty()) return false;
         claim.certificate.multipliers.begin()->second = -0.5;
         return true;
       }},
      {"multiplier not a number",
       [](const auto& problem, Claim& claim, Dice& dice) {
         if (problem.limits.empty()) return false;
         claim.certificate.multipliers.begin()->second = dice.chance(0.5) ? std::nan("") : HUGE_VAL;
         return true;
       }},
      {"multiplier of another limit",
       [](const auto& problem, Claim& claim, Dice&) {
         if (problem.limits.empty()) return false;
         const double x = claim.certificate.multipliers.begin()->second;
         claim.certificate.multipliers = {{"other", x}};
         return true;
       }},
      {"multiplier missing",
       [](const auto& problem, Claim& claim, Dice&) {
         claim.certificate.multipliers.clear();
         return !problem.limits.empty();
       }},
      {"other tables",
       [](const auto&, Claim& claim, Dice&) {
         claim.certificate.tables_sha256 = "other";
         return true;
       }},
      {"a head left out",
       [](const auto&, Claim& claim, Dice& dice) {
         claim.assignment.erase(claim.assignment.begin() +
                                dice.below(static_cast<int>(claim.assignment.size())));
         return true;
       }},
      {"a head twice",
       [](const auto&, Claim& claim, Dice&) {
         claim.assignment.push_back(claim.assignment.front());
         return true;
       }},
      {"a head that does not exist",
       [](const auto&, Claim& claim, Dice&) {
         claim.assignment.push_back({99, 99, claim.assignment.front().rule});
         return true;
       }},
      {"a rule that does not exist",
       [](const auto&, Claim& claim, Dice&) {
         claim.assignment.front().rule = "no such rule";
         return true;
       }},
  };
  for (const auto& [name, tamper] : tampers) {
    CAPTURE(name);
    int done = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      CAPTURE(seed);
      const auto made = proved(seed);
      if (!made) continue;
      Dice dice(seed + 1'000'000);
      auto claim = tuner::claim_of(made->solution);
      if (!tamper(made->problem, claim, dice)) continue;
      ++done;
      const auto verdict = tuner::check(made->problem, "tables", claim);
      CHECK_MESSAGE(verdict.kind == Kind::kRejected, verdict.text());
      CHECK(verdict.text().find("rejected: ") == 0);
      CHECK(!verdict.reason.empty());
    }
    CHECK(done >= 50);
  }
}

TEST_CASE("another multiplier is rejected unless it proves the same bound") {
  int rejected = 0;
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    CAPTURE(seed);
    const auto made = proved(seed);
    if (!made || made->problem.limits.empty()) continue;
    Dice dice(seed);
    auto claim = tuner::claim_of(made->solution);
    auto& multiplier = claim.certificate.multipliers.begin()->second;
    multiplier = dice.chance(0.5) ? multiplier * (0.25 + 3 * dice.unit()) : multiplier + dice.unit();
    const auto verdict = tuner::check(made->problem, "tables", claim);
    if (verdict.kind == Kind::kRejected) {
      ++rejected;
      CHECK(verdict.reason.find("dual bound") != std::string::npos);
    } else {
      CHECK(verdict.kind == Kind::kProvedAgain);
    }
  }
  CHECK(rejected > 300);
}

TEST_CASE("changed tables are noticed even under the same hash") {
  int done = 0;
  for (std::uint64_t seed = 0; seed < 800; ++seed) {
    CAPTURE(seed);
    auto made = proved(seed);
    if (!made || made->problem.minimize[0].of != Mix{{made->problem.losses[0], 1.0}}) continue;
    const auto claim = tuner::claim_of(made->solution);
    Dice dice(seed);
    auto& problem = made->problem;
    const auto& choice =
        claim.assignment[static_cast<std::size_t>(dice.below(static_cast<int>(claim.assignment.size())))];
    auto& head = const_cast<tuner::Head&>(head_of(problem, choice));
    const auto k = static_cast<std::size_t>(dice.below(static_cast<int>(head.rule.size())));
    const bool is_chosen = problem.rules[head.rule[k]].name == choice.rule;
    // Any change of a chosen loss changes the sum; another loss, or a limit, must change what is optimal or
    // legal.
    if (is_chosen) {
      head.loss[k * problem.losses.size()] += 0.5;
    } else if (!problem.limits.empty() && dice.chance(0.3)) {
      problem.limits[0].max = amount_of(problem, claim, problem.limits[0].of) - 0.001;
    } else {
      head.loss[k * problem.losses.size()] -= 1'000.0;
      // Does the cheaper table really have a better plan? Ask enumeration.
      if (seed % 4 == 0) continue;
      const Mix limited = problem.limits.empty() ? Mix{} : problem.limits[0].of;
      const auto all = tests::all_assignments(problem, limited, problem.minimize[0].of);
      const auto* best = tests::best_within(all, problem.limits.empty() ? HUGE_VAL : *problem.limits[0].max);
      if (best == nullptr || tests::to_number(best->value) == claim.certificate.value) continue;
    }
    ++done;
    const auto verdict = tuner::check(problem, "tables", claim);
    CHECK_MESSAGE(verdict.kind == Kind::kRejected, verdict.text());
  }
  CHECK(done > 200);
}

TEST_CASE("a better plan is found though the certificate is true in itself") {
  // Every number of the claim is right, but it is not the optimum: for each problem, its second best value.
  int done = 0;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    CAPTURE(seed);
    if (seed % 4 == 0) continue;
    const auto made = proved(seed);
    if (!made) continue;
    const auto& problem = made->problem;
    const Mix limited = problem.limits.empty() ? Mix{} : problem.limits[0].of;
    const double limit = problem.limits.empty() ? HUGE_VAL : *problem.limits[0].max;
    const tests::Assignment* second = nullptr;
    const auto all = tests::all_assignments(problem, limited, problem.minimize[0].of);
    for (const auto& a : all) {
      if (tests::to_number(a.cost) > limit || tests::to_number(a.value) <= made->solution.value) continue;
      if (second == nullptr || a.value < second->value) second = &a;
    }
    if (second == nullptr) continue;
    auto claim = tuner::claim_of(made->solution);
    for (std::size_t i = 0; i < claim.assignment.size(); ++i) claim.assignment[i].rule = second->rules[i];
    claim.loss.clear();
    claim.cost.clear();
    claim.certificate.value = tests::to_number(second->value);
    claim.certificate.gap = tuner::relative_gap(claim.certificate.value, claim.certificate.dual_bound);
    ++done;
    const auto verdict = tuner::check(problem, "tables", claim);
    CHECK_MESSAGE(verdict.kind == Kind::kRejected, verdict.text());
  }
  CHECK(done > 1'000);
}

TEST_CASE("a gap that is not searched is said to be open") {
  const auto made = proved(12);  // a medium problem
  REQUIRE(made);
  REQUIRE(made->solution.certificate.gap > 1e-9);
  tuner::CheckOptions options;
  options.max_labels = 1;
  auto claim = tuner::claim_of(made->solution);
  auto verdict = tuner::check(made->problem, "tables", claim, options);
  CHECK(verdict.kind == Kind::kBoundChecked);
  CHECK(verdict.gap == doctest::Approx(made->solution.certificate.gap));
  CHECK(verdict.text().find("optimality claimed, bound checked (gap ") == 0);
  claim.certificate.proved = false;
  verdict = tuner::check(made->problem, "tables", claim, options);
  CHECK(verdict.text().find("feasible, bound checked (gap ") == 0);
}

TEST_CASE("a plan of more rules in a layer than allowed is rejected") {
  auto problem = tests::medium_problem({2, 4, 3, true, true}, 3);
  auto solution = tuner::solve(problem, "tables");
  REQUIRE(solution);
  auto claim = tuner::claim_of(*solution);
  const auto in_layer =
      std::find_if(claim.assignment.begin(), claim.assignment.end(), [](auto& c) { return c.layer == 1; });
  in_layer->rule = in_layer->rule == "rule00" ? "rule01" : "rule00";
  const auto verdict = tuner::check(problem, "tables", claim);
  CHECK(verdict.text() == "rejected: layer 1 takes 2 rules, at most 1 allowed");
}
