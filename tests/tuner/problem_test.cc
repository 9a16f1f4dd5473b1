// SPDX-License-Identifier: Apache-2.0
// Reading problems: both forms of heads, mistakes at their exact place, and words that are known but not
// supported.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/documents/document.h"
#include "core/documents/map_reader.h"
#include "core/documents/streamed_json.h"
#include "tuner/problem.h"
#include "tuner/problem_file.h"
#include "tuner/solve.h"

using namespace spanwise;

namespace {

core::Result<tuner::Problem> read_tree(const std::string& text) {
  const bool json = text.front() == '{';
  const auto document = json ? documents::parse_json(text, "p.json", documents::kTableLimits)
                             : documents::parse_yaml(text, "p.yaml", documents::kTableLimits);
  if (!document) return document.error();
  return tuner::read_problem(*document);
}

core::Result<tuner::Problem> read_streamed(const std::string& text) {
  const auto json = documents::StreamedJson::parse(text, "p.json", "heads", documents::kTableLimits);
  if (!json) return json.error();
  return tuner::read_problem(*json);
}

// Every text goes through both readers of JSON: the same problem, or the same mistakes at the same places.
core::Result<tuner::Problem> read(const std::string& text) {
  auto problem = read_tree(text);
  if (text.front() != '{') return problem;
  const auto streamed = read_streamed(text);
  REQUIRE(bool(streamed) == bool(problem));
  if (problem) {
    CHECK(tuner::to_json(*streamed) == tuner::to_json(*problem));
    return problem;
  }
  REQUIRE(streamed.error().size() == problem.error().size());
  for (std::size_t i = 0; i < problem.error().size(); ++i)
    CHECK(core::render(streamed.error()[i]) == core::render(problem.error()[i]));
  return problem;
}

const std::string kGood = R"({"resources": [{"name": "time", "combine": "sum"}],
"limits": [{"of": {"time": 1}, "max": 5}],
"minimize": [{"loss": 1}],
"rules": [{"rule": "dense", "cost": {"time": 4}}, {"rule": "window", "cost": {"time": 1}}],
"heads": [
{"layer": 0, "head": 0, "loss": [0, 0.5]},
{"layer": 0, "head": 1, "kv_group": 0, "loss": [0, null]},
{"layer": 1, "head": 0, "candidates": [{"rule": "dense", "loss": 0, "cost": {"time": 3}}, {"rule": "window", "loss": null, "cost": {"time": 1}}, {"rule": "tiny", "loss": 2, "cost": {"time": 0}}]}],
"layers": [{"layer": 1, "max_rules": 1}]}
)";

std::string with(std::string from, const std::string& to) {
  auto text = kGood;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// A text with '@' before the place that the error must name; without one the error is about the whole file.
struct Mistake {
  std::string text;
  std::string message;  // part of it
};

void check_mistakes(const std::vector<Mistake>& mistakes) {
  for (const auto& mistake : mistakes) {
    CAPTURE(mistake.text);
    auto text = mistake.text;
    std::uint32_t line = 0, column = 0;
    if (const auto at = text.find('@'); at != std::string::npos) {
      text.erase(at, 1);
      line = static_cast<std::uint32_t>(
          1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
      column = static_cast<std::uint32_t>(at - (text.rfind('\n', at - 1) + 1) + 1);
      if (at == 0) column = 1;
    }
    const auto problem = read(text);
    REQUIRE(!problem);
    bool found = false;
    for (const auto& error : problem.error()) {
      INFO(error.place.line << ":" << error.place.column << " " << error.message);
      CHECK(error.fault == core::Fault::kInput);
      found = found || (error.message.find(mistake.message) != std::string::npos &&
                        error.place.line == line && error.place.column == column);
    }
    CHECK_MESSAGE(found, core::render(problem.error()));
  }
}

}  // namespace

TEST_CASE("both forms of heads are read") {
  const auto problem = read(kGood);
  REQUIRE(problem);
  REQUIRE(problem->heads.size() == 3);
  CHECK(problem->losses == std::vector<std::string>{"loss"});
  CHECK(problem->rules.size() == 3);
  CHECK(problem->rules[2].name == "tiny");
  CHECK(!problem->rules[2].cost);
  CHECK(problem->heads[0].rule == std::vector<std::uint32_t>{0, 1});
  CHECK(problem->heads[1].rule == std::vector<std::uint32_t>{0});
  CHECK(problem->heads[1].kv_group == 0);
  CHECK(problem->cost(problem->heads[1], 0, 0) == 4.0);
  CHECK(problem->heads[2].rule == std::vector<std::uint32_t>{0, 2});
  CHECK(problem->cost(problem->heads[2], 0, 0) == 3.0);
  CHECK(problem->layers[0].max_rules == 1);
  const auto solution = tuner::solve(*problem, "0");
  REQUIRE(solution);
  CHECK(solution->assignment[0].rule == "window");
  CHECK(solution->assignment[1].rule == "dense");
  CHECK(solution->assignment[2].rule == "tiny");
  CHECK(solution->value == 2.5);
}

TEST_CASE("the order of the keys does not matter") {
  const std::string first = R"({"heads": [{"layer": 0, "head": 0, "loss": [0, 0.5]}, {"layer": 0, "head": 1, "loss": [0, null]}],)";
  const std::string rest = R"("rules": [{"rule": "dense", "cost": {"time": 4}}, {"rule": "window", "cost": {"time": 1}}],
"minimize": [{"loss": 1}], "resources": [{"name": "time"}]})";
  const auto problem = read(first + rest);
  REQUIRE(problem);
  CHECK(problem->heads.size() == 2);
  CHECK(problem->cost(problem->heads[0], 1, 0) == 1.0);
  // Where the list of heads is none, or is given twice, both readers say the same.
  for (const std::string heads : {R"({"heads": {},)", R"({"heads": 3,)", R"({"heads": [], "heads": [],)", R"({"heads": [{"layer": 0,,)"})
    CHECK(!read(heads + rest));
}

TEST_CASE("the same problem as YAML") {
  const auto problem = read(R"(resources:
  - {name: time}
minimize:
  - loss: 1
rules:
  - {rule: dense, cost: {time: 4}}
  - {rule: window, cost: {time: 1}}
heads:
  - {layer: 0, head: 0, loss: [0, 0.5]}
limits:
  - of: {time: 1}
    max: 2
)");
  REQUIRE(problem);
  CHECK(tuner::solve(*problem, "0")->assignment[0].rule == "window");
}

TEST_CASE("losses by name, shared costs for candidates, no resources at all") {
  const auto named = read(R"({"resources": [{"name": "time"}], "minimize": [{"8k": 1, "16k": 2}],
"rules": [{"rule": "a", "cost": {"time": 1}}, {"rule": "b", "cost": {"time": 2}}],
"heads": [{"layer": 0, "head": 0, "candidates": [{"rule": "a", "loss": {"8k": 3, "16k": 0}}, {"rule": "b", "loss": {"16k": 1, "8k": 1}}]},
{"layer": 0, "head": 1, "loss": [{"8k": 0, "16k": 1}, null]}]})");
  REQUIRE(named);
  CHECK(named->losses == std::vector<std::string>{"16k", "8k"});
  CHECK(named->heads[0].cost.empty());
  CHECK(named->loss(named->heads[0], 0, 1) == 3.0);
  const auto solution = tuner::solve(*named, "0");
  REQUIRE(solution);
  CHECK(solution->value == 5.0);
  CHECK(solution->loss[0].value == 1.0);
  const auto bare = read(
      R"({"minimize": [{"loss": 1}], "heads": [{"layer": 0, "head": 0, "candidates": [{"rule": "a", "loss": 2}, {"rule": "b", "loss": 1}]}]})");
  REQUIRE(bare);
  CHECK(tuner::solve(*bare, "0")->assignment[0].rule == "b");
}

TEST_CASE("mistakes are reported at their exact place") {
  check_mistakes({
      {"{\"heads\": [@}", "JSON"},
      {"@[]", "'problem' must be a map"},
      {with("{\"name\": \"time\"", "@{\"combine\": \"sum\"").replace(30, 18, ""),
       "'resource' needs the key 'name'"},
      {with("\"name\": \"time\"", "@\"nam\": \"time\""), "unknown key 'nam' in 'resource'"},
      {with("\"sum\"", "@\"summ\""), "'resource.combine' cannot be"},
      {with("\"limits\"", "@\"limit\""), "unknown key 'limit' in 'problem'"},
      {with("{\"of\": {\"time\": 1}, ", "@{"), "'limit' needs the key 'of'"},
      {with("{\"of\": {\"time\"", "{\"of\": {@\"tine\""), "'tine' is neither a resource nor a loss"},
      {with("\"max\": 5", "\"max\": @\"5\""), "'limit.max' must be a finite number"},
      {with("{\"of\": {\"time\": 1}, \"max\": 5", "@{\"of\": {\"time\": 1}"), "a limit needs 'max' or 'min'"},
      {with("\"max\": 5", "\"max\": 5, @\"mx\": 1"), "unknown key 'mx'"},
      {with("{\"loss\": 1}", "{@\"lost\": 1}"), "'lost' is neither"},
      {with("{\"loss\": 1}", "@{}"), "'minimize' names nothing"},
      {with("[{\"loss\": 1}]", "[]"), "nothing to minimize"},
      {with("{\"loss\": 1}", "{\"loss\": @1e999}"), "out of range"},
      {with("{\"rule\": \"window\"", "@{\"rule\": \"dense\""), "rule 'dense' is given twice"},
      {with("{\"time\": 4}", "{\"time\": @-4}"), "'cost.time' is -4, which is out of range"},
      {with("{\"time\": 4}", "@{}"), "'cost' needs the key 'time'"},
      {with("{\"time\": 4}", "{@\"tim\": 4}"), "unknown key 'tim'"},
      {with("{\"time\": 4}", "@4"), "'cost' must be a map"},
      {with("{\"layer\": 0, \"head\": 1,", "@{\"layer\": 0, \"head\": 0,"), "layer 0, head 0 is given twice"},
      {with("\"layer\": 0, \"head\": 0,", "\"layer\": @-1, \"head\": 0,"), "out of range"},
      {with("\"layer\": 0, \"head\": 0,", "\"layer\": @0.5, \"head\": 0,"), "decimal integer"},
      {with("[0, 0.5]", "@[0]"), "1 losses for 2 rules"},
      {with("[0, 0.5]", "[0, @\"x\"]"), "'loss' must be a finite number"},
      {with("[0, 0.5]", "[0, @{\"8k\": 1}]"), "this loss has the names 8k, earlier ones have loss"},
      {with("{\"layer\": 0, \"head\": 0, \"loss\"", "@{\"layer\": 0, \"head\": 0, \"los\""),
       "a head needs either"},
      {with("{\"rule\": \"tiny\", \"loss\": 2, \"cost\": {\"time\": 0}", "@{\"rule\": \"tiny\", \"loss\": 2"),
       "a candidate needs a 'cost'"},
      {with("{\"rule\": \"tiny\"", "@{\"rule\": \"dense\""), "rule 'dense' is given twice for this head"},
      {with("{\"rule\": \"tiny\", \"loss\": 2", "@{\"rule\": \"tiny\""), "'candidate' needs the key 'loss'"},
      {with("{\"layer\": 1, \"max_rules\": 1}", "@{\"layer\": 7}"), "layer 7 has no heads"},
      {with("\"max_rules\": 1", "\"max_rules\": @0"), "out of range"},
      {with("{\"layer\": 1, \"max_rules\": 1}", "{\"layer\": 1}, @{\"layer\": 1}"), "layer 1 is given twice"},
      {with("\"layers\": [", "\"front\": {\"mode\": @\"some\"}, \"layers\": ["), "'front.mode' cannot be"},
      {with("\"layers\": [", "\"front\": {\"of\": @[\"time\"]}, \"layers\": ["), "must name two things"},
      {with("\"layers\": [", "\"front\": {\"of\": [\"time\", @\"lose\"]}, \"layers\": ["),
       "'lose' is neither"},
      {with("\"layers\": [", "\"front\": @{\"mode\": \"at\"}, \"layers\": ["), "the limits 'at' belong to"},
      {with("\"layers\": [", "\"front\": @{\"of\": [\"time\", \"time\"]}, \"layers\": ["),
       "two different things"},
      {with("\"resources\": [", "\"schema\": @\"spanwise/plan\", \"resources\": ["),
       "'problem.schema' cannot be"},
      {with("\"resources\": [", "\"schema_version\": @2, \"resources\": ["), "out of range"},
      {with("{\"name\": \"time\", \"combine\": \"sum\"}", "{\"name\": \"time\"}, @{\"name\": \"time\"}"),
       "names two resources"},
      {"heads:\n  - {layer: 0, head: 0, candidates: []}\nminimize:\n  - loss: @one\n",
       "must be a finite number"},
      {"minimize: [{loss: 1}]\nheads: []\n", "at least one head"},
      {"minimize: @{loss: 1}\nheads: []\n", "'problem.minimize' must be a list"},
      {"@minimize: [{loss: 1}]\nlayers: []\n", "'problem' needs the key 'heads'"},
  });
}

TEST_CASE("every independent mistake is reported in one pass") {
  const auto problem = read(with("[0, 0.5]", "[0, true]").replace(2, 9, "resourcez"));
  REQUIRE(!problem);
  CHECK(problem.error().size() >= 2);
}

TEST_CASE("what is known but not supported yet is refused at its place") {
  check_mistakes({
      {with("\"sum\"", "@\"makespan\""), "combine 'makespan' is not supported yet"},
      {with("\"max_rules\": 1", "\"workers\": @8"), "'layer.workers' is not supported yet"},
      {with("\"layers\": [", "\"reuse\": @{\"anchor\": \"any\"}, \"layers\": ["),
       "'problem.reuse' is not supported yet"},
      {with("\"layers\": [", "\"pairs\": @[], \"layers\": ["), "'problem.pairs' is not supported yet"},
      {with("\"layers\": [", "\"set_losses\": @[], \"layers\": ["),
       "'problem.set_losses' is not supported yet"},
      {with("{\"of\": {\"time\": 1}, \"max\": 5", "@{\"of\": {\"time\": 1}, \"max\": 5, \"min\": 6"), "'min' 6 is above 'max' 5"},
  });
}

TEST_CASE("a problem made in memory is checked like a file") {
  const auto good = read(kGood);
  REQUIRE(good);
  auto problem = *good;
  problem.layers[0].launch = {{"nothing", 1.0}};
  auto solution = tuner::solve(problem, "0");
  REQUIRE(!solution);
  CHECK(solution.error()[0].message == "'launch' names 'nothing', which is no resource");
  problem = *good;
  problem.heads[0].loss[0] = HUGE_VAL;
  solution = tuner::solve(problem, "0");
  REQUIRE(!solution);
  CHECK(solution.error()[0].message == "loss is inf; it must be finite");
  problem = *good;
  problem.heads[0].loss.pop_back();
  CHECK(!tuner::solve(problem, "0"));
  problem = *good;
  problem.minimize[0].of = {{"nothing", 1.0}};
  CHECK(!tuner::solve(problem, "0"));
}

TEST_CASE("infeasible problems name the limit and the nearest value that can be kept") {
  const auto problem = read(with("\"max\": 5", "\"max\": 4.5"));
  REQUIRE(problem);
  const auto solution = tuner::solve(*problem, "0");
  REQUIRE(solution);
  CHECK(solution->status == tuner::Status::kInfeasible);
  CHECK(solution->tightest_limit == "time");
  CHECK(solution->nearest_feasible == 5.0);
  CHECK(tuner::to_json(*solution) ==
        "{\"schema\": \"spanwise/solution\", \"schema_version\": 1,\n\"status\": \"infeasible\", \"proof\": "
        "\"dual\",\n"
        "\"reason\": \"'time' must be at most 4.5 by its limit, but no choice of rules has less than 5\",\n"
        "\"tightest_limit\": \"time\", \"nearest_feasible\": 5}\n");
  const auto forbidden = read(with("[0, 0.5]", "[null, null]"));
  REQUIRE(forbidden);
  const auto nothing = tuner::solve(*forbidden, "0");
  REQUIRE(nothing);
  CHECK(nothing->status == tuner::Status::kInfeasible);
  CHECK(nothing->reason == "layer 0, head 0 has no allowed rule");
  CHECK(nothing->tightest_limit.empty());
}

TEST_CASE("the written solution") {
  const auto problem = read(with("\"layers\": [", "\"front\": {\"mode\": \"all\"}, \"layers\": ["));
  REQUIRE(problem);
  const auto solution = tuner::solve(*problem, "abc");
  REQUIRE(solution);
  CHECK(tuner::to_json(*solution) == R"({"schema": "spanwise/solution", "schema_version": 1,
"status": "optimal",
"value": 2.5,
"loss": {"loss": 2.5},
"cost": {"time": 5},
"dual_bound": 2.5, "lower_bound": 2.5, "gap": 0, "proof": "dual",
"assignment": [
 {"layer": 0, "head": 0, "rule": "window"},
 {"layer": 0, "head": 1, "rule": "dense"},
 {"layer": 1, "head": 0, "rule": "tiny"}],
"certificate": {"method": "multiple-choice knapsack: hull, reduced costs, labels", "multipliers": {"time": 0.6666666666666666}, "dual_bound": 2.5, "value": 2.5, "gap": 0, "proved": true, "tables_sha256": "abc"},
"front": [
 {"time": 5, "loss": 2.5},
 {"time": 8, "loss": 0.5},
 {"time": 11, "loss": 0}]}
)");
}

TEST_CASE("a certificate reads back as it was written") {
  tuner::Certificate certificate{
      "method", {{"4*decode + time", 1.0 / 3}}, -0.1, 0.30000000000000004, 1e-7, true, "ab",
      {{{{"decode", -0.5}}, {2.0}, 1.0, 1.5}}};
  const auto document = documents::parse_yaml(tuner::to_json(certificate), "plan.yaml");
  REQUIRE(document);
  documents::Context context("plan.yaml");
  CHECK(tuner::read_certificate(document->root, context) == certificate);
  CHECK(context.ok());
  const auto broken = documents::parse_yaml(
      "{method: m, multipliers: {time: x}, dual_bound: 1, value: 1, gap: 0, proved: yes}", "plan.yaml");
  REQUIRE(broken);
  tuner::read_certificate(broken->root, context);
  const auto errors = context.take();
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].place.column == 33);
  CHECK(errors[1].message == "'certificate.proved' must be true or false, not 'yes'");
  CHECK(errors[2].message == "'certificate' needs the key 'tables_sha256'");
}
