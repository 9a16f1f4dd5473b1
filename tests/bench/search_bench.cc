// SPDX-License-Identifier: Apache-2.0
// Processor time of the exact search on generated problems, medians over seeds. The search is one thread, so
// on an idle machine this is the wall time. Asserts nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "core/documents/streamed_json.h"
#include "core/random.h"
#include "core/statistics.h"
#include "tuner/checker.h"
#include "tuner/front.h"
#include "tuner/problem_file.h"
#include "tuner/solve.h"

namespace {

using namespace spanwise;

constexpr int kSeeds = 5;

double now() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Shape {
  int layers, heads, rules;
  bool integral;
};

// Costs spread over two decades; losses fall with cost, with a heavy-tailed scale for each head and noise on
// top. Every head has costs of its own, the largest form of a problem.
tuner::Problem make_problem(const Shape& shape, double share_of_dense, std::uint64_t seed) {
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.minimize = {{{{"loss", 1.0}}, false, {}}};
  for (int r = 0; r < shape.rules; ++r)
    problem.rules.push_back({fmt::format("rule{:03}", r), std::nullopt, {}});
  std::uint64_t index = 0;
  const auto unit = [&] { return core::random_unit(core::random_bits(seed, 1, index++)); };
  double dense = 0;
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int h = 0; h < shape.heads; ++h) {
      tuner::Head head;
      head.layer = layer;
      head.head = h;
      const double scale = std::exp(4.0 * unit());
      double most = 0;
      for (int r = 0; r < shape.rules; ++r) {
        const double cost = std::pow(100.0, unit());
        const double loss = scale / cost * (0.5 + unit());
        head.rule.push_back(static_cast<std::uint32_t>(r));
        head.loss.push_back(shape.integral ? std::ceil(loss * 1000) : loss);
        head.cost.push_back(shape.integral ? std::ceil(cost * 0.32) : cost);
        most = std::max(most, head.cost.back());
      }
      dense += most;
      problem.heads.push_back(std::move(head));
    }
  }
  problem.limits = {{{{"time", 1.0}}, std::floor(dense * share_of_dense), std::nullopt, {}}};
  return problem;
}

struct Row {
  std::vector<double> solve, front, check;
  double gap = 0;
  std::uint64_t peak = 0, labels = 0, survivors = 0, points = 0;
  int optimal = 0, proved_again = 0;
};

void measure(const tuner::Problem& problem, Row& row) {
  auto start = now();
  const auto solution = tuner::solve(problem, "");
  row.solve.push_back(now() - start);
  if (!solution || solution->status == tuner::Status::kInfeasible) return;
  row.optimal += solution->status == tuner::Status::kOptimal ? 1 : 0;
  row.gap = std::max(row.gap, solution->certificate.gap);
  row.peak = std::max(row.peak, solution->work.peak_labels);
  row.labels = std::max(row.labels, solution->work.labels);
  row.survivors = std::max(row.survivors, solution->work.survivors);

  start = now();
  auto table = tuner::make_choice_table(problem, problem.limits[0].of, problem.minimize[0].of);
  const auto front = tuner::make_front(tuner::Knapsack(std::move(*table)), tuner::FrontMode::kSupported, {});
  row.front.push_back(now() - start);
  row.points = std::max<std::uint64_t>(row.points, front->points.size());

  start = now();
  const auto verdict = tuner::check(problem, "", tuner::claim_of(*solution));
  row.check.push_back(now() - start);
  row.proved_again += verdict.kind == tuner::Verdict::Kind::kProvedAgain ? 1 : 0;
}

void print_row(const Shape& shape, double share) {
  Row row;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) measure(make_problem(shape, share, seed), row);
  fmt::print(
      "{:>2} x {} x {:>3} {:>4} {:>3.0f} %  {:6.1f} ms  {}/{}  {:7.1e} {:>8} {:>8} {:>7}   {:6.1f} ms {:>6}  "
      " {:6.1f} ms  {}/{}\n",
      shape.layers, shape.heads, shape.rules, shape.integral ? "int" : "real", 100 * share,
      1e3 * core::median(row.solve), row.optimal, kSeeds, row.gap, row.survivors, row.labels, row.peak,
      1e3 * core::median(row.front), row.points, 1e3 * core::median(row.check), row.proved_again, kSeeds);
}

// The same from a file in memory: writing, reading and the whole front of an integral problem.
void print_files() {
  for (const Shape shape : {Shape{80, 64, 100, false}, Shape{80, 64, 40, false}}) {
    const auto problem = make_problem(shape, 0.3, 1);
    auto start = now();
    const auto text = tuner::to_json(problem);
    const double write = now() - start;
    start = now();
    const auto json = documents::StreamedJson::parse(text, "problem.json", "heads", documents::kTableLimits);
    const auto back = tuner::read_problem(*json);
    const double read = now() - start;
    const auto solution = tuner::solve(*back, "");
    fmt::print("{} x {} x {}: {:.1f} MB of JSON written in {:.0f} ms, read in {:.0f} ms, read and solved in {:.0f} ms ({})\n",
               shape.layers, shape.heads, shape.rules, 1e-6 * static_cast<double>(text.size()), 1e3 * write, 1e3 * read,
               1e3 * (now() - start), solution->status == tuner::Status::kOptimal ? "optimal" : "not proved");
  }
}

void print_whole_front() {
  const auto problem = make_problem({1, 64, 40, true}, 0.3, 1);
  const auto start = now();
  auto table = tuner::make_choice_table(problem, problem.limits[0].of, problem.minimize[0].of);
  const auto front = tuner::make_front(tuner::Knapsack(std::move(*table)), tuner::FrontMode::kAll, {});
  fmt::print("whole front of 64 x 40, integral: {} points in {:.1f} ms\n", front->points.size(),
             1e3 * (now() - start));
}

}  // namespace

int main() {
  fmt::print(
      "                        solve            largest  items     labels           supported           "
      "check,\n");
  fmt::print(
      "instance        limit   (median)  opt.   dual gap kept      made     peak    front     points    "
      "proved again\n");
  for (const auto& shape : {Shape{80, 64, 100, false}, Shape{80, 64, 100, true}, Shape{80, 64, 40, false},
                            Shape{32, 32, 40, false}}) {
    for (const double share : {0.1, 0.3, 0.5}) print_row(shape, share);
  }
  print_whole_front();
  print_files();
  return 0;
}
