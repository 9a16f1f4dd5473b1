// SPDX-License-Identifier: Apache-2.0
// Fronts against the front of all assignments.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <tuple>

#include "tests/tuner/enumeration.h"
#include "tests/tuner/random_problem.h"
#include "tuner/front.h"
#include "tuner/solve.h"

using namespace spanwise;
using tests::Exact;
using tuner::FrontMode;
using tuner::Mix;

namespace {

struct Point {
  Exact cost, value;
};

std::vector<Point> pareto(const std::vector<tests::Assignment>& assignments) {
  std::vector<Point> points;
  for (const auto& a : assignments) points.push_back({a.cost, a.value});
  std::sort(points.begin(), points.end(),
            [](auto& a, auto& b) { return std::tie(a.cost, a.value) < std::tie(b.cost, b.value); });
  std::vector<Point> front;
  for (const auto& p : points) {
    if (front.empty() || p.value < front.back().value) front.push_back(p);
  }
  return front;
}

boost::multiprecision::int512_t wide(Exact x) {
  return boost::multiprecision::int512_t(x);
}

// Corners of the lower convex hull.
std::vector<Point> corners(const std::vector<Point>& front) {
  std::vector<Point> hull;
  for (const auto& p : front) {
    while (hull.size() >= 2) {
      const auto& a = hull[hull.size() - 2];
      const auto& b = hull.back();
      const auto turn =
          wide(b.cost - a.cost) * wide(p.value - a.value) - wide(b.value - a.value) * wide(p.cost - a.cost);
      if (turn > 0) break;
      hull.pop_back();
    }
    hull.push_back(p);
  }
  return hull;
}

void check_points(const tuner::Front& front, const std::vector<Point>& expected) {
  REQUIRE(front.points.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(front.points[i].limited == tests::to_number(expected[i].cost));
    CHECK(front.points[i].minimized == tests::to_number(expected[i].value));
  }
}

// The front of the problem over two mixes; the limit, which a front of its own axis ignores, is taken away.
tuner::Front front_over(tuner::Problem problem, const Mix& limited, const Mix& minimized, FrontMode mode,
                        const std::vector<double>& at = {}) {
  problem.limits.clear();
  problem.front = tuner::FrontRequest{limited, minimized, mode, at, {}};
  auto solution = tuner::solve(problem, "0");
  REQUIRE(solution);
  REQUIRE(solution->front);
  return *solution->front;
}

bool has_assignment(const tuner::Problem& problem) {
  return !tests::all_assignments(problem, {}, {}).empty();
}

}  // namespace

TEST_CASE("supported, whole and chosen points of 6,000 random fronts equal enumeration") {
  std::size_t inner = 0, longest = 0;
  for (std::uint64_t seed = 0; seed < 6'000; ++seed) {
    CAPTURE(seed);
    const auto problem = tests::small_problem(seed);
    if (!has_assignment(problem)) continue;
    const Mix limited{{"time", 1.0}};
    const Mix minimized{{problem.losses[0], seed % 3 == 0 ? 0.5 : 1.0}};
    const auto all = tests::all_assignments(problem, limited, minimized);
    const auto expected = pareto(all);
    const auto hull = corners(expected);
    check_points(front_over(problem, limited, minimized, FrontMode::kAll), expected);
    check_points(front_over(problem, limited, minimized, FrontMode::kSupported), hull);
    inner += expected.size() - hull.size();
    longest = std::max(longest, expected.size());

    std::vector<double> at;
    for (const auto& p : expected) at.push_back(tests::to_number(p.cost));
    at.push_back(at.front() - 1.0);
    at.push_back(at[at.size() - 2] + 1.0);
    const auto chosen = front_over(problem, limited, minimized, FrontMode::kAt, at);
    REQUIRE(chosen.points.size() == at.size());
    for (std::size_t i = 0; i < at.size(); ++i) {
      CHECK(*chosen.points[i].at == at[i]);
      const auto* best = tests::best_within(all, at[i]);
      REQUIRE((best == nullptr) == (chosen.points[i].status == tuner::Status::kInfeasible));
      if (best == nullptr) {
        CHECK(chosen.points[i].limited == at.front());
        continue;
      }
      CHECK(chosen.points[i].minimized == tests::to_number(best->value));
      CHECK(chosen.points[i].limited == tests::to_number(best->cost));
    }
  }
  CHECK(inner > 1'000);  // points that no multiplier reaches
  CHECK(longest >= 12);
}

TEST_CASE("every supported point of a larger problem is an optimum at its own cost") {
  for (const bool integral : {true, false}) {
    const auto problem = tests::medium_problem({6, 8, 12, integral, integral}, 11);
    const Mix limited{{"time", 1.0}}, minimized{{"loss", 1.0}};
    const auto supported = front_over(problem, limited, minimized, FrontMode::kSupported);
    REQUIRE(supported.points.size() > 20);
    std::vector<double> at;
    for (const auto& p : supported.points) at.push_back(p.limited);
    const auto chosen = front_over(problem, limited, minimized, FrontMode::kAt, at);
    for (std::size_t i = 0; i < at.size(); ++i) {
      CHECK(chosen.points[i].minimized == supported.points[i].minimized);
      CHECK(chosen.points[i].limited == supported.points[i].limited);
      CHECK(chosen.points[i].status == tuner::Status::kOptimal);
    }
  }
}

TEST_CASE("a front without axes is over the limit and the objective, and keeps the main solution") {
  auto problem = tests::medium_problem({2, 4, 6, true, false}, 5);
  const auto plain = tuner::solve(problem, "0");
  problem.front = tuner::FrontRequest{{}, {}, FrontMode::kAt, {*problem.limits[0].max, 1e9}, {}};
  const auto with_front = tuner::solve(problem, "0");
  REQUIRE(plain);
  REQUIRE(with_front);
  CHECK(with_front->value == plain->value);
  CHECK(with_front->assignment == plain->assignment);
  REQUIRE(with_front->front);
  CHECK(with_front->front->limited == "time");
  CHECK(with_front->front->minimized == "loss");
  CHECK(with_front->front->points[0].minimized == plain->value);
  CHECK(with_front->front->points[0].limited == plain->cost[0].value);
  CHECK(with_front->front->points[1].minimized < plain->value);
}

TEST_CASE("a whole front that is too long is refused, not cut") {
  const auto problem = tests::medium_problem({4, 16, 12, false, false}, 2);
  auto table = tuner::make_choice_table(problem, Mix{{"time", 1.0}}, Mix{{"loss", 1.0}});
  REQUIRE(table);
  tuner::FrontOptions options;
  options.max_points = 2'000;
  const auto front = tuner::make_front(tuner::Knapsack(std::move(*table)), FrontMode::kAll, {}, options);
  REQUIRE(!front);
  CHECK(front.error()[0].message.find("the whole front is too long: beyond 2000 points") == 0);
  CHECK(front.error()[0].hint.find("supported") != std::string::npos);
}
