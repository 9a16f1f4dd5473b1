// SPDX-License-Identifier: Apache-2.0
// Every example of docs/formats.md is read by the reader it documents.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/hash.h"
#include "hwmodels/kernel_model.h"
#include "patterns/tile_pairs.h"
#include "hwmodels/machine.h"
#include "measure/case_table.h"
#include "measure/messages.h"
#include "measure/suite.h"
#include "patterns/count_lines.h"
#include "tests/support/sample_files.h"
#include "tuner/plan.h"
#include "tuner/profile.h"
#include "tuner/solve.h"

using namespace spanwise;

namespace {

struct Example {
  std::string kind, text;
};

// Blocks fenced by ```<language> <kind>.
std::vector<Example> examples() {
  std::istringstream lines(testing::read_text(testing::source_path("docs/formats.md")));
  std::vector<Example> found;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside;
      if (inside) found.push_back({line.substr(line.rfind(' ') + 1), ""});
    } else if (inside) {
      found.back().text += line + "\n";
    }
  }
  return found;
}

std::string example(const std::string& kind) {
  for (const auto& e : examples()) {
    if (e.kind == kind) return e.text;
  }
  FAIL("no example of kind ", kind);
  return {};
}

}  // namespace

TEST_CASE("the table of cases reads") {
  const auto table = core::parse_csv(example("cases"), "formats.md");
  REQUIRE(table);
  CHECK(measure::column_of(*table, "measured_ms") == 7);
  for (const auto& row : measure::cases_of(*table, "formats.md")) CHECK(row);
}

TEST_CASE("model, machine, kernel, profile and plan examples read") {
  const testing::TemporaryFolder folder;
  const auto model = sim::read_model(folder.write("model.yaml", example("model")));
  REQUIRE(model);
  CHECK(model->layers.size() == 4);
  const auto layered = sim::read_model(folder.write("layered.yaml", example("layered-model")));
  REQUIRE(layered);
  CHECK(layered->layers.size() == 12);
  CHECK(layered->planned_layers() == std::vector<std::size_t>{2, 5, 8, 11});
  CHECK(hwmodels::read_machine(folder.write("machine.yaml", example("machine"))));
  CHECK(hwmodels::read_kernel_model(folder.write("kernel.yaml", example("kernel"))));
  CHECK(patterns::read_tile_pairs(folder.write("tiles.yaml", example("tiles"))));
  CHECK(tuner::read_profile(folder.write("profile.yaml", example("profile")), *model));
  const auto plan = tuner::read_plan(folder.write("plan.yaml", example("plan")));
  REQUIRE(plan);
  CHECK(plan->rule_of(3, 1) == 1);
}

TEST_CASE("pattern and case examples read and write themselves") {
  const auto pattern = patterns::parse_pattern(example("pattern"), false);
  REQUIRE(pattern);
  CHECK(*patterns::parse_pattern(patterns::to_json(*pattern), false) == *pattern);
  const auto shape = patterns::parse_case(example("case"));
  REQUIRE(shape);
  CHECK(*patterns::parse_case(patterns::to_json(*shape)) == *shape);
  const auto op = patterns::parse_case(example("operator-case"));
  REQUIRE(op);
  CHECK(*patterns::parse_case(patterns::to_json(*op)) == *op);
}

TEST_CASE("the counted examples are what count answers") {
  for (const std::string ending : {"", "-histogram"}) {
    const auto counted = patterns::count_line(example("count" + ending));
    CHECK(counted.ok);
    CHECK(nlohmann::json::parse(counted.json) == nlohmann::json::parse(example("counted" + ending)));
  }
}

TEST_CASE("the problem example solves") {
  const auto text = example("problem");
  const auto document = documents::parse_json(text, "problem.json");
  REQUIRE(document);
  const auto problem = tuner::read_problem(*document);
  REQUIRE(problem);
  const auto solution = tuner::solve(*problem, core::sha256(text));
  REQUIRE(solution);
  CHECK(solution->value == 2);
  CHECK(solution->assignment[1].rule == "window");
  CHECK(solution->front->points.size() == 3);
}

TEST_CASE("the problem example with several objectives solves") {
  const auto document = documents::parse_json(example("problem-goals"), "problem.json");
  REQUIRE(document);
  const auto problem = tuner::read_problem(*document);
  REQUIRE(problem);
  const auto solution = tuner::solve(*problem, "0");
  REQUIRE(solution);
  CHECK(solution->status == tuner::Status::kOptimal);
  CHECK(solution->value == 1);
  CHECK(solution->goals[1].value == 7);  // both windows of layer 0: 1 + 1 of 8k, 3 + 2 of 32k
}

TEST_CASE("the suite example reads") {
  const testing::TemporaryFolder folder;
  const auto suite = measure::read_suite(folder.write("suite.yaml", example("suite")));
  REQUIRE(suite);
  CHECK(suite->entries.at(1).against == 0);
}

TEST_CASE("runner messages are what the client reads and writes") {
  const auto hello = measure::parse_hello(example("hello"));
  REQUIRE(hello);
  CHECK(hello->last_cache_bytes == 37486592);
  const auto reply = measure::parse_reply(example("measurement"), 1);
  REQUIRE(reply);
  CHECK((*reply)->median_ms == 1.2);
  CHECK((*reply)->throttled == "power_cap");
  measure::Request request;
  request.shape = *patterns::parse_case(nlohmann::json::parse(example("request")).at("case").dump());
  request.q_tiles = {0, 7, 63};
  request.check_rows_per_tile = 8;
  request.min_samples = 5;
  CHECK(nlohmann::json::parse(measure::to_json(request, 1)) == nlohmann::json::parse(example("request")));
}
