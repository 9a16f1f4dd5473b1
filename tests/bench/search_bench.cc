// SPDX-License-Identifier: Apache-2.0
// Times of the exact search on generated problems: medians over seeds, one thread. Prints what it measured, asserts
// nothing.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <functional>

#include "core/random.h"
#include "core/statistics.h"
#include "tuner/checker.h"
#include "tuner/solve.h"

namespace {

using namespace spanwise;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Shape {
  int layers, heads, rules;
  bool integral;
};

// Costs spread over two decades; losses fall with cost, with a heavy-tailed scale for each head and noise on top.
tuner::Problem make_problem(const Shape& shape, double share_of_limit, std::uint64_t seed) {
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.minimize = {{{{"loss", 1.0}}, false, {}}};
  for (int r = 0; r < shape.rules; ++r) problem.rules.push_back({fmt::format("rule{:03}", r), std::nullopt, {}});
  std::uint64_t index = 0;
  const auto unit = [&] { return core::random_unit(core::random_bits(seed, 1, index++)); };
  double largest = 0;
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int h = 0; h < shape.heads; ++h) {
      tuner::Head head;
      head.layer = layer;
      head.head = h;
      const double scale = std::exp(4.0 * unit());
      double most = 0;
      for (int r = 0; r < shape.rules; ++r) {
        double cost = std::pow(100.0, unit());
        double loss = scale * (1.0 / cost) * (0.5 + unit());
        if (shape.integral) {
          cost = std::ceil(cost * 0.32);
          loss = std::ceil(loss * 1000);
        }
        head.rule.push_back(static_cast<std::uint32_t>(r));
        head.loss.push_back(loss);
        head.cost.push_back(cost);
        most = std::max(most, cost);
      }
      largest += most;
      problem.heads.push_back(std::move(head));
    }
  }
  problem.limits = {{{{"time", 1.0}}, std::floor(largest * share_of_limit), std::nullopt, {}}};
  return problem;
}

void print_row(const Shape& shape, double share) {
  std::vector<double> times, fronts, checks;
  double gap = 0;
  std::uint64_t peak = 0, labels = 0, survivors = 0, points = 0;
  bool all_optimal = true;
  int proved_again = 0;
  constexpr int kSeeds = 5;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    auto problem = make_problem(shape, share, seed);
    auto start = Clock::now();
    const auto solution = tuner::solve(problem, "");
    times.push_back(seconds_since(start));
    if (!solution) {
      fmt::print("no solution: {}\n", core::render(solution.error()));
      return;
    }
    all_optimal = all_optimal && solution->status == tuner::Status::kOptimal;
    gap = std::max(gap, solution->certificate.gap);
    peak = std::max(peak, solution->work.peak_labels);
    labels = std::max(labels, solution->work.labels);
    survivors = std::max(survivors, solution->work.survivors);
    start = Clock::now();
    problem.front = tuner::FrontRequest{{}, {}, tuner::FrontMode::kSupported, {}, {}};
    const auto with_front = tuner::solve(problem, "");
    fronts.push_back(seconds_since(start) - times.back());
    points = std::max<std::uint64_t>(points, with_front->front->points.size());
    problem.front.reset();
    start = Clock::now();
    const auto verdict = tuner::check(problem, "", tuner::claim_of(*solution));
    checks.push_back(seconds_since(start));
    proved_again += verdict.kind == tuner::Verdict::Kind::kProvedAgain ? 1 : 0;
  }
  fmt::print("{:>3} x {:>2} x {:>3} {:>5} {:>4.0f} %  {:7.1f} ms  {:8.1e} {:>9} {:>9} {:>8}  {:7} {:7.1f} ms  {:7.1f} ms {}/{}\n",
             shape.layers, shape.heads, shape.rules, shape.integral ? "int" : "real", 100 * share,
             1e3 * core::median(times), gap, survivors, labels, peak, all_optimal ? "optimal" : "GAP", 1e3 * core::median(fronts),
             1e3 * core::median(checks), proved_again, kSeeds);
}

}  // namespace

int main() {
  fmt::print("instance          kind limit     solve    dual gap   options    labels     peak  status   front (extra)  check, proved again\n");
  for (const auto& shape : {Shape{80, 64, 100, false}, Shape{80, 64, 100, true}, Shape{80, 64, 40, false}, Shape{32, 32, 40, false}}) {
    for (const double share : {0.1, 0.3, 0.5}) print_row(shape, share);
  }
  return 0;
}
