// SPDX-License-Identifier: Apache-2.0
// What every command promises: streams, exit codes, files.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.h"

using namespace spanwise::testing;
using nlohmann::json;

TEST_CASE("help and version go to stdout") {
  const Program spanwise;
  for (const auto* arguments : {"--help", "plan --help", "--version"}) {
    const auto outcome = spanwise(arguments);
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    CHECK_FALSE(outcome.out.empty());
  }
  CHECK(spanwise("plan --help").out.find("--limit") != std::string::npos);
}

TEST_CASE("plan writes its files, the screen fits, and the bytes depend on the inputs alone") {
  const Program spanwise;
  const auto model = spanwise.small_model();
  const auto first = spanwise("plan " + model + " -o " + spanwise.at("a") + " --jobs 1");
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  std::istringstream screen(first.out);
  for (std::string line; std::getline(screen, line);) CHECK_MESSAGE(line.size() <= 100, line);
  CHECK(first.out.find("small, 3 layers x 4 heads (2 KV), on h200-sxm [default]") == 0);
  CHECK(first.out.find("ASSUMED") != std::string::npos);
  CHECK(first.out.find("proof   optimal on these tables") != std::string::npos);
  CHECK(first.out.find("checked on this CPU") != std::string::npos);
  for (const auto* name : {"problem.json", "plan.yaml", "validation.json", "report.json", "report.html"}) {
    CHECK_MESSAGE(std::filesystem::exists(spanwise.at("a") + "/" + name), name);
  }
  REQUIRE(spanwise("plan " + model + " -o " + spanwise.at("b") + " --jobs 2").code == 0);
  for (const auto* name : {"problem.json", "plan.yaml", "report.json"}) {
    CHECK_MESSAGE(read_text(spanwise.at("a") + "/" + name) == read_text(spanwise.at("b") + "/" + name), name);
  }
  const auto report = json::parse(read_text(spanwise.at("a") + "/report.json"));
  CHECK(report.at("schema") == "spanwise/report");
  const auto validation = json::parse(read_text(spanwise.at("a") + "/validation.json"));
  CHECK(validation.at("schema") == "spanwise/validation");
  for (const auto& entry : validation.at("cases")) {
    CHECK(entry.at("status") == "ok");
    CHECK(entry.at("relative_error").get<double>() <= 2e-6);
    CHECK(entry.at("measured_ms").at("median").get<double>() > 0);
    CHECK(entry.at("predicted_ms").at("time").get<double>() > 0);
  }
}

TEST_CASE("verify accepts a plan and rejects it with one rule, one table entry or the hash changed") {
  const Program spanwise;
  const auto folder = spanwise.at("verify");
  REQUIRE(spanwise("plan " + spanwise.small_model() + " --validate none --limit attention=75% -o " + folder).code == 0);
  const auto plan = read_text(folder + "/plan.yaml");
  const auto accepted = spanwise("verify " + folder + "/plan.yaml");
  CHECK(accepted.code == 0);
  CHECK(accepted.out.find("optimal, proved again") != std::string::npos);
  CHECK(accepted.out.find("legal: rules, KV groups, a kernel of h200-sxm for each of ") != std::string::npos);

  const auto change = [&](const std::string& file, const std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    auto changed = text;
    spanwise.write("verify/" + file, changed.replace(at, from.size(), to));
    const auto outcome = spanwise("verify " + folder + "/plan.yaml");
    spanwise.write("verify/" + file, text);
    return outcome;
  };
  // The last layer with a sparse rule is made dense.
  const auto at = plan.rfind("rule: window");
  REQUIRE(at != std::string::npos);
  const auto line = plan.rfind("  - {layers: ", at);
  const auto old_rule = plan.substr(line, plan.find('}', line) - line);
  const auto rejected = change("plan.yaml", plan, old_rule, old_rule.substr(0, old_rule.find("rule: ")) + "rule: dense");
  CHECK(rejected.code == 1);
  CHECK(rejected.out.find("rejected") != std::string::npos);
  const auto problem = read_text(folder + "/problem.json");
  CHECK(change("problem.json", problem, "\"max\"", " \"max\"").code == 1);
  // A kernel that the machine does not have, or that does not run the rule, is illegal however good the plan is.
  const auto kernels = plan.substr(plan.find("kernels: ["), plan.find(']', plan.find("kernels: [")) - plan.find("kernels: ["));
  const auto illegal = change("plan.yaml", plan, kernels, "kernels: [no-such-kernel" + kernels.substr(kernels.find(',')));
  CHECK(illegal.code == 1);
  CHECK(illegal.out.find("optimal, proved again") != std::string::npos);
  CHECK(illegal.out.find("illegal: 'dense' under ") != std::string::npos);
  const auto elsewhere = change("plan.yaml", plan, "hardware: \"h200-sxm\"", "hardware: \"my-machine\"");
  CHECK(elsewhere.code == 0);
  CHECK(elsewhere.out.find("kernels not checked: unknown machine 'my-machine'") != std::string::npos);
  CHECK(change("plan.yaml", plan, "tables_sha256\": \"", "tables_sha256\": \"0").code != 0);
  CHECK(json::parse(spanwise("verify --json " + folder + "/plan.yaml").out).at("accepted") == true);
}

TEST_CASE("count answers every line in its place") {
  const Program spanwise;
  const auto cases = spanwise.write("cases.jsonl",
                                    "{\"id\": 1, \"tokens\": [64], \"pattern\": {\"dense\": {\"causal\": true}}, \"q_tile\": 16, \"kv_tile\": 16, \"tiling\": \"flat\"}\n"
                                    "{\"id\": 2, \"tokens\": [64], \"q_tile\": 0, \"kv_tile\": 16}\n"
                                    "{\"id\": 3, \"tokens\": [64], \"q_tile\": 16, \"kv_tile\": 16}\n");
  const auto outcome = spanwise("count " + cases);
  CHECK(outcome.code == 2);
  std::istringstream lines(outcome.out);
  std::string line;
  std::getline(lines, line);
  const auto first = json::parse(line);
  CHECK(first.at("pairs") == 64 * 65 / 2);
  CHECK(first.at("kv_tiles") == 4 + 3 + 2 + 1);
  CHECK(first.at("partial_tiles") == 4);
  std::getline(lines, line);
  CHECK(json::parse(line).contains("error"));
  std::getline(lines, line);
  CHECK(json::parse(line).at("kv_tiles") == 16);
  CHECK(spanwise("count - < " + cases).out == outcome.out);
}

TEST_CASE("solve prints a solution, infeasible is exit 1") {
  const Program spanwise;
  const std::string body = R"("minimize": [{"loss": 1}], "heads": [{"layer": 0, "head": 0, "candidates": [
      {"rule": "a", "loss": 0, "cost": {"time": 4}}, {"rule": "b", "loss": 3, "cost": {"time": 1}}]}]})";
  const auto problem = [&](const char* max) {
    return spanwise.write("p.json", std::string(R"({"resources": [{"name": "time", "combine": "sum"}], "limits": [{"of": {"time": 1}, "max": )") + max + "}], " + body);
  };
  auto outcome = spanwise("solve " + problem("2"));
  CHECK(outcome.code == 0);
  CHECK(json::parse(outcome.out).at("assignment")[0].at("rule") == "b");
  outcome = spanwise("solve " + problem("0.5"));
  CHECK(outcome.code == 1);
  CHECK(json::parse(outcome.out).at("nearest_feasible") == 1);
}

TEST_CASE("bound prints the ladder of a pattern and of a plan") {
  const Program spanwise;
  const auto outcome = spanwise(R"(bound --pattern '{"sliding_window": {"window": 4096, "sinks": 64}}' --tokens 32768 --heads 32 --kv-heads 8 --causal --json)");
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto bound = json::parse(outcome.out).at("bounds")[0];
  CHECK(bound.at("rungs").size() == 9);
  CHECK(bound.at("rungs")[0].at("rung") == "roof");
  CHECK(bound.at("break_even_tokens").get<std::int64_t>() > 4096);
  CHECK(bound.at("break_even_density").get<double>() > 0.2);  // the window keeps 0.24 and wins
  // A rival in its own number format.
  const auto fp8 = spanwise("bound --pattern sliding_window:window=4096 --tokens 32768 --heads 32 --causal --baseline cudnn-attention-fp8 --json");
  REQUIRE(fp8.code == 0);
  const auto rival = json::parse(fp8.out).at("bounds")[0];
  CHECK(rival.at("reference_kernel") == "cudnn-attention-fp8");
  CHECK(rival.at("reference_ms").get<double>() < bound.at("reference_ms").get<double>());
  CHECK(rival.at("case").at("dtype") == "bf16");
  const auto folder = spanwise.at("bounded");
  REQUIRE(spanwise("plan " + spanwise.small_model() + " --validate none -o " + folder).code == 0);
  const auto plan = spanwise("bound " + folder + "/plan.yaml");
  CHECK(plan.code == 0);
  CHECK(plan.out.find("tiles") != std::string::npos);
}
