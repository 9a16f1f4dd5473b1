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
#include <optional>

#include "tests/tuner/random_problem.h"
#include "tuner/solve.h"

using namespace spanwise;

namespace {

std::string variable(std::size_t head, std::uint32_t rule) {
  return fmt::format("x{}_{}", head, rule);
}

// The problem as a mixed-integer program in CPLEX LP format: a binary variable for each head and rule, and
// for layers of one rule one for each layer and rule that bounds its heads'.
std::string to_lp(const tuner::Problem& problem) {
  std::string objective, choice, limit, layers, binaries;
  std::size_t h = 0;
  for (const auto& head : problem.heads) {
    std::string one;
    for (std::size_t k = 0; k < head.rule.size(); ++k) {
      const auto x = variable(h, head.rule[k]);
      objective += fmt::format(" + {:.17g} {}\n", problem.loss(head, k, 0), x);
      limit += fmt::format(" + {:.17g} {}\n", problem.cost(head, k, 0), x);
      one += fmt::format(" + {}", x);
      binaries += fmt::format(" {}\n", x);
      for (const auto& layer : problem.layers) {
        if (layer.layer == head.layer)
          layers += fmt::format(" {} - y{}_{} <= 0\n", x, head.layer, head.rule[k]);
      }
    }
    choice += one + " = 1\n";
    ++h;
  }
  for (const auto& layer : problem.layers) {
    for (std::size_t r = 0; r < problem.rules.size(); ++r) {
      layers += fmt::format(" {} y{}_{}{}", r == 0 ? "" : "+", layer.layer, r,
                            r + 1 == problem.rules.size() ? " = 1\n" : "");
      binaries += fmt::format(" y{}_{}\n", layer.layer, r);
    }
  }
  return fmt::format("Minimize\nobj:\n{}Subject To\n{}{}limit:\n{} <= {:.17g}\nBinaries\n{}End\n", objective,
                     choice, layers, limit, *problem.limits[0].max, binaries);
}

// CBC's optimum, or nothing when it did not prove one.
std::optional<double> cbc_optimum(const tuner::Problem& problem, const std::filesystem::path& folder) {
  const auto lp = folder / "problem.lp", out = folder / "out.txt";
  std::ofstream(lp) << to_lp(problem);
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

TEST_CASE("120 medium problems equal CBC's optimum") {
  if (std::system("command -v cbc > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: the program 'cbc' (Debian package coinor-cbc) is not installed");
    return;
  }
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("spanwise_cbc_{}", ::getpid());
  std::filesystem::create_directories(folder);
  int solved = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    CAPTURE(seed);
    tests::MediumShape shape;
    shape.layers = 2 + static_cast<int>(seed % 4);
    shape.heads = 4 + static_cast<int>(seed % 5);
    shape.rules = 4 + static_cast<int>(seed % 7);
    shape.integral = seed % 2 == 0;
    shape.one_rule_layers = seed % 3 == 0;
    const auto problem = tests::medium_problem(shape, seed);
    const auto solution = tuner::solve(problem, "0");
    REQUIRE(solution);
    REQUIRE(solution->status == tuner::Status::kOptimal);
    const auto optimum = cbc_optimum(problem, folder);
    REQUIRE(optimum);
    ++solved;
    // CBC prints eight decimals and keeps constraints to 1e-6, so that on real numbers it may come out
    // slightly below.
    if (shape.integral) {
      CHECK(solution->value == std::round(*optimum));
      CHECK(std::fabs(*optimum - std::round(*optimum)) < 1e-4);
    } else {
      CHECK(solution->value == doctest::Approx(*optimum).epsilon(1e-6));
    }
  }
  CHECK(solved == 120);
  std::filesystem::remove_all(folder);
}
