// SPDX-License-Identifier: Apache-2.0
// The exact search against an independent solver: CBC (COIN-OR branch and cut) on problems too large to
// enumerate.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "tests/tuner/random_problem.h"
#include "tuner/solve.h"

using namespace spanwise;

namespace {

// The problem as a mixed-integer program in CPLEX LP format. Binary x: a head takes a rule; binary y: a layer has the rule;
// z: the largest cost of a KV group, at least that of each of its heads, so mixes with it may only be kept small.
class LinearProgram {
 public:
  explicit LinearProgram(const tuner::Problem& problem) : problem_(problem) {
    for (std::size_t h = 0; h < problem.heads.size(); ++h) {
      const auto& head = problem.heads[h];
      std::string one;
      for (const auto rule : head.rule) {
        one += " + " + variable(h, rule);
        binaries_ += " " + variable(h, rule) + "\n";
        rows_ += fmt::format(" {} - {} <= 0\n", variable(h, rule), used(head.layer, rule));
        used_.insert({head.layer, rule});
      }
      rows_ += one + " = 1\n";
      add_peaks(h);
    }
    for (const auto& [layer, rule] : used_) binaries_ += " " + used(layer, rule) + "\n";
    for (const auto& layer : problem.layers) add_layer(layer);
    for (const auto& limit : problem.limits) {
      if (limit.max) rows_ += fmt::format("{} <= {:.17g}\n", terms(limit.of), *limit.max);
      if (limit.min) rows_ += fmt::format("{} >= {:.17g}\n", terms(limit.of), *limit.min);
    }
  }

  std::string text() {
    const auto& goal = problem_.minimize.front();
    std::string objective = terms(goal.of);
    if (goal.bottleneck) {
      objective = " peak";
      for (std::size_t h = 0; h < problem_.heads.size(); ++h) {
        const auto& head = problem_.heads[h];
        std::string row = " peak";
        for (std::size_t k = 0; k < head.rule.size(); ++k)
          row += fmt::format(" - {:.17g} {}", number(head, k, goal.of.begin()->first), variable(h, head.rule[k]));
        rows_ += row + " >= 0\n";
      }
    }
    return fmt::format("Minimize\nobj:{}\nSubject To\n{}Binaries\n{}End\n", objective, rows_, binaries_);
  }

 private:
  static std::string variable(std::size_t head, std::uint32_t rule) { return fmt::format("x{}_{}", head, rule); }
  static std::string used(int layer, std::uint32_t rule) { return fmt::format("y{}_{}", layer, rule); }

  double number(const tuner::Head& head, std::size_t k, const std::string& name) const {
    for (std::size_t i = 0; i < problem_.losses.size(); ++i) {
      if (problem_.losses[i] == name) return problem_.loss(head, k, i);
    }
    std::size_t r = 0;
    while (problem_.resources.at(r).name != name) ++r;
    return problem_.cost(head, k, r);
  }

  std::string peak(const std::string& resource, std::size_t h) const {
    const auto& head = problem_.heads[h];
    return head.kv_group ? fmt::format("z{}_g{}_{}", head.layer, *head.kv_group, resource)
                         : fmt::format("z{}_h{}_{}", head.layer, head.head, resource);
  }

  void add_peaks(std::size_t h) {
    const auto& head = problem_.heads[h];
    for (const auto& resource : problem_.resources) {
      if (resource.combine != tuner::Combine::kMaxInKvGroup) continue;
      std::string row = " " + peak(resource.name, h);
      for (std::size_t k = 0; k < head.rule.size(); ++k)
        row += fmt::format(" - {:.17g} {}", number(head, k, resource.name), variable(h, head.rule[k]));
      rows_ += row + " >= 0\n";
      peaks_[resource.name].insert(peak(resource.name, h));
    }
  }

  void add_layer(const tuner::Layer& layer) {
    std::string row;
    for (const auto& [of, rule] : used_) {
      if (of == layer.layer) row += " + " + used(of, rule);
    }
    if (layer.max_rules) rows_ += fmt::format("{} <= {}\n", row, *layer.max_rules);
  }

  // CBC takes no variable twice in a row.
  std::string terms(const tuner::Mix& mix) const {
    std::map<std::string, double> weights;
    for (const auto& [name, weight] : mix) {
      if (const auto found = peaks_.find(name); found != peaks_.end()) {
        for (const auto& z : found->second) weights[z] += weight;
      } else {
        for (std::size_t h = 0; h < problem_.heads.size(); ++h) {
          const auto& head = problem_.heads[h];
          for (std::size_t k = 0; k < head.rule.size(); ++k)
            weights[variable(h, head.rule[k])] += weight * number(head, k, name);
        }
      }
      for (const auto& layer : problem_.layers) {
        const auto launch = layer.launch.find(name);
        for (const auto& [of, rule] : used_) {
          if (launch != layer.launch.end() && of == layer.layer) weights[used(of, rule)] += weight * launch->second;
        }
      }
    }
    std::string out;
    for (const auto& [name, weight] : weights) out += fmt::format(" + {:.17g} {}\n", weight, name);
    return out;
  }

  const tuner::Problem& problem_;
  std::string rows_, binaries_;
  std::set<std::pair<int, std::uint32_t>> used_;  // layers and the rules that their heads may take
  std::map<std::string, std::set<std::string>> peaks_;
};

// CBC's optimum, or nothing when it did not prove one.
std::optional<double> cbc_optimum(const tuner::Problem& problem, const std::filesystem::path& folder) {
  const auto lp = folder / "problem.lp", out = folder / "out.txt";
  std::ofstream(lp) << LinearProgram(problem).text();
  std::filesystem::remove(out);
  const auto command = fmt::format("cbc '{}' ratioGap 0 allowableGap 0 solve solution '{}' > /dev/null 2>&1",
                                   lp.string(), out.string());
  if (std::system(command.c_str()) != 0) return std::nullopt;
  std::ifstream stream(out);
  std::string line;
  std::getline(stream, line);
  const auto at = line.find("objective value");
  if (line.find("Optimal") != 0 || at == std::string::npos) return std::nullopt;
  return std::stod(line.substr(at + 15));
}

}  // namespace

// SPANWISE_CBC_CASES=300 runs that many; a few by default.
TEST_CASE("medium problems equal CBC's optimum") {
  if (std::system("command -v cbc > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: the program 'cbc' (Debian package coinor-cbc) is not installed");
    return;
  }
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("spanwise_cbc_{}", ::getpid());
  std::filesystem::create_directories(folder);
  const char* asked = std::getenv("SPANWISE_CBC_CASES");
  const auto cases = asked == nullptr ? 90 : std::strtoull(asked, nullptr, 10);
  std::uint64_t infeasible = 0;
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    CAPTURE(seed);
    tests::MediumShape shape;
    shape.layers = 2 + static_cast<int>(seed % 4);
    shape.heads = 4 + static_cast<int>(seed % 5);
    shape.rules = 4 + static_cast<int>(seed % 7);
    shape.integral = seed % 4 == 0;
    shape.one_rule_layers = seed % 3 == 0;
    const auto problem = seed % 2 == 0 ? tests::medium_problem(shape, seed) : tests::medium_any_problem(seed);
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    const auto optimum = cbc_optimum(problem, folder);
    if (solution->status == tuner::Status::kInfeasible) {
      ++infeasible;
      CHECK(!optimum);
      continue;
    }
    REQUIRE(solution->status == tuner::Status::kOptimal);
    REQUIRE(optimum);
    // CBC prints eight decimals and keeps constraints to 1e-6, so that on real numbers it may come out
    // slightly below.
    CHECK(solution->value == doctest::Approx(*optimum).epsilon(1e-6));
    if (seed % 4 == 0) CHECK(solution->value == std::round(*optimum));
  }
  CHECK(infeasible * 10 <= cases);
  std::filesystem::remove_all(folder);
}
