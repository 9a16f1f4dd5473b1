// SPDX-License-Identifier: Apache-2.0
// Wall and processor time of the search over what a plain knapsack is not: rules a layer, KV unions, elastic rules under
// several limits. Generated problems, two threads, medians over seeds. Asserts nothing. An argument picks one row.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <string>

#include "core/random.h"
#include "core/statistics.h"
#include "tuner/checker.h"
#include "tuner/solve.h"

namespace {

using namespace spanwise;

struct Stream {
  std::uint64_t seed, index = 0;
  double unit() { return core::random_unit(core::random_bits(seed, 1, index++)); }
};

// Each head a heavy-tailed scale; losses fall with cost, with noise.
tuner::Problem rules_a_layer(int most, std::uint64_t seed) {
  Stream random{seed};
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}};
  problem.minimize = {{{{"loss", 1.0}}, false, {}}};
  double dense = 0;
  for (int r = 0; r < 100; ++r) {
    const double cost = std::pow(100.0, random.unit());
    problem.rules.push_back({fmt::format("rule{:03}", r), std::vector<double>{cost}, {}});
    dense = std::max(dense, cost);
  }
  for (int layer = 0; layer < 80; ++layer) {
    for (int h = 0; h < 64; ++h) {
      tuner::Head head;
      head.layer = layer;
      head.head = h;
      const double scale = std::exp(4.0 * random.unit());
      for (std::uint32_t r = 0; r < 100; ++r) {
        head.rule.push_back(r);
        head.loss.push_back(scale / (*problem.rules[r].cost)[0] * (0.5 + random.unit()));
      }
      problem.heads.push_back(std::move(head));
    }
    problem.layers.push_back({layer, most, {}, {}});
  }
  problem.limits = {{{{"time", 1.0}}, dense * 80 * 64 * 0.3, std::nullopt, {}}};
  return problem;
}

// 48 windows of max(1, floor(a/64 + b*n/64)) blocks plus the sink block, as MoA has them; density at four lengths.
tuner::Problem elastic(std::uint64_t seed) {
  Stream random{seed};
  const std::vector<std::pair<std::string, double>> lengths = {{"2k", 2048}, {"4k", 4096}, {"8k", 8192}, {"16k", 16384}};
  tuner::Problem problem;
  for (const auto& [name, n] : lengths) problem.resources.push_back({"density_" + name, tuner::Combine::kSum, {}});
  problem.losses = {"2k", "4k", "8k"};
  problem.minimize = {{{{"2k", 1.0}, {"4k", 1.0}, {"8k", 1.0}}, false, {}}};
  for (int a = -2; a <= 8 && problem.rules.size() < 48; ++a) {
    for (int b = 0; b <= 8 && problem.rules.size() < 48; ++b) {
      const double alpha = 1024.0 * a, beta = b / 8.0;
      if (alpha + beta * 2048 < 64 || alpha + beta * 16384 > 16384) continue;
      std::vector<double> cost;
      for (const auto& [name, n] : lengths) {
        const double blocks = n / 64;
        cost.push_back(std::min(blocks, std::max(1.0, std::floor(alpha / 64 + beta * blocks)) + 1) / blocks);
      }
      problem.rules.push_back({fmt::format("a{}b{}", 1024 * a, b), cost, {}});
    }
  }
  const auto rules = static_cast<std::uint32_t>(problem.rules.size());
  for (int layer = 0; layer < 80; ++layer) {
    for (int h = 0; h < 64; ++h) {
      tuner::Head head;
      head.layer = layer;
      head.head = h;
      const double scale = std::exp(4.0 * random.unit()), decay = 0.5 + 2 * random.unit();
      for (std::uint32_t r = 0; r < rules; ++r) {
        head.rule.push_back(r);
        for (std::size_t i = 0; i < 3; ++i) {
          const double density = (*problem.rules[r].cost)[i];
          head.loss.push_back(scale * std::pow(1 - density, decay) * (0.9 + 0.2 * random.unit()));
        }
      }
      problem.heads.push_back(std::move(head));
    }
  }
  for (const auto& [name, n] : lengths)
    problem.limits.push_back({{{"density_" + name, 1.0}}, 0.5 * 80 * 64, std::nullopt, {}});
  return problem;
}

tuner::Problem unions(std::uint64_t seed) {
  Stream random{seed};
  tuner::Problem problem;
  problem.resources = {{"time", tuner::Combine::kSum, {}}, {"kv", tuner::Combine::kMaxInKvGroup, {}}};
  problem.minimize = {{{{"loss", 1.0}}, false, {}}};
  for (int r = 0; r < 60; ++r) {
    const double kept = std::pow(100.0, random.unit());
    problem.rules.push_back({fmt::format("rule{:02}", r), std::vector<double>{kept * (0.7 + 0.6 * random.unit()), kept}, {}});
  }
  for (int layer = 0; layer < 80; ++layer) {
    for (int h = 0; h < 64; ++h) {
      tuner::Head head;
      head.layer = layer;
      head.head = h;
      head.kv_group = h / 8;
      const double scale = std::exp(4.0 * random.unit());
      for (std::uint32_t r = 0; r < 60; ++r) {
        head.rule.push_back(r);
        head.loss.push_back(scale / (*problem.rules[r].cost)[1] * (0.5 + random.unit()));
      }
      problem.heads.push_back(std::move(head));
    }
  }
  problem.limits = {{{{"time", 1.0}}, 100.0 * 5120 * 0.2, std::nullopt, {}}, {{{"kv", 1.0}}, 100.0 * 640 * 0.4, std::nullopt, {}}};
  return problem;
}

template <class Make>
void row(const char* name, int seeds, double seconds, Make&& make) {
  std::vector<double> wall, processor, check, gaps;
  int optimal = 0, again = 0;
  std::uint64_t labels = 0;
  core::ThreadPool pool(2);
  for (int seed = 1; seed <= seeds; ++seed) {
    const tuner::Problem problem = make(static_cast<std::uint64_t>(seed));
    tuner::Effort effort;
    effort.pool = &pool;
    const auto start = std::chrono::steady_clock::now();
    effort.until = start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
    auto clock = std::clock();
    const auto solution = tuner::solve(problem, "", effort);
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    processor.push_back(static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC);
    if (!solution || solution->status == tuner::Status::kInfeasible) {
      fmt::print("{}: nothing found\n", name);
      return;
    }
    gaps.push_back(solution->gap > 0 ? solution->gap : solution->certificate.gap);
    optimal += solution->status == tuner::Status::kOptimal;
    labels = std::max(labels, solution->work.labels);
    clock = std::clock();
    const auto verdict = tuner::check(problem, "", tuner::claim_of(*solution));
    check.push_back(static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC);
    again += verdict.kind == tuner::Verdict::Kind::kProvedAgain;
    if (verdict.kind == tuner::Verdict::Kind::kRejected) fmt::print("{}\n", verdict.text());
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{:<28} wall {:7.3f} s  cpu {:7.3f} s  optimal {}/{}  largest gap {:.1e}  labels {:>9}  check {:6.3f} s, again {}/{}  peak {} MB\n",
             name, core::median(wall), core::median(processor), optimal, seeds, *std::max_element(gaps.begin(), gaps.end()),
             labels, core::median(check), again, seeds, usage.ru_maxrss / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (wanted("one")) row("one rule a layer, 100", 3, 30, [](auto seed) { return rules_a_layer(1, seed); });
  if (wanted("two")) row("two rules a layer, 100", 3, 30, [](auto seed) { return rules_a_layer(2, seed); });
  if (wanted("elastic")) row("48 elastic, four limits", 3, 5, [](auto seed) { return elastic(seed); });
  if (wanted("unions")) row("KV unions of 8, two limits", 3, 12, [](auto seed) { return unions(seed); });
  return 0;
}
