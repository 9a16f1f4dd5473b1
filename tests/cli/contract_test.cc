// SPDX-License-Identifier: Apache-2.0
// What every command promises, whatever it does: results alone on stdout, the documented exit codes, one JSON object with
// schema and schema_version, help with an example, lines that fit, no influence of language and time zone.
#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/cli/program.h"
#include "tests/support/german_locale.h"

using namespace spanwise::testing;
using nlohmann::json;

namespace {

struct Promise {
  std::string command, arguments;  // a good call
  std::string schema;              // of --json; empty: JSON Lines, or no JSON at all
  std::vector<std::string> keys;   // that its object has besides schema and schema_version
  std::string bad;                 // a bad call: exit 2
  bool markdown = false;
};

std::string plan_folder_of(const Program& spanwise) {
  const auto folder = spanwise.at("contract");
  if (!std::filesystem::exists(folder + "/plan.yaml")) {
    REQUIRE(spanwise("plan " + spanwise.small_model() + " --validate none --limit attention=75% -o " + folder).code == 0);
  }
  return folder;
}

std::vector<Promise> promises(const Program& spanwise) {
  const auto folder = plan_folder_of(spanwise);
  const auto cases = spanwise.write("contract.jsonl", "{\"tokens\": [64], \"q_tile\": 16, \"kv_tile\": 16}\n");
  const auto table = spanwise.write("contract.csv", "q_len,kv_len,q_heads,kv_heads,head_dim,causal,measured_ms\n"
      "1024,1024,16,16,128,true,0.02\n2048,2048,16,16,128,true,0.06\n4096,4096,16,16,128,true,0.2\n8192,8192,16,16,128,true,0.7\n"
      "16384,16384,16,16,128,true,2.6\n4096,4096,32,8,128,true,0.38\n8192,8192,32,8,128,false,2.7\n1024,1024,64,8,128,false,0.1\n");
  const auto suite = spanwise.write("contract.suite.yaml", "version: 1\nname: contract\nsummary: \"one small case\"\ncases:\n"
      "  - {name: one, case: {q_len: 256, q_heads: 2, kv_heads: 1, head_dim: 64, dtype: fp32}}\n");
  const auto bound = std::string(R"(--pattern '{"sliding_window": {"window": 512}}' --tokens 8192 --causal)");
  return {
      {"plan", spanwise.small_model() + " --validate none --limit attention=75% -o " + spanwise.at("contract_plan"), "spanwise/report", {"workloads", "proof"}, "plan", true},
      {"bound", bound, "spanwise/bound", {"hardware", "bounds"}, "bound --tokens 8", true},
      {"validate", folder + "/plan.yaml -o " + spanwise.at("contract.json"), "spanwise/validation", {"device", "cases", "created"}, "validate /no/such.yaml", true},
      {"verify", folder + "/plan.yaml", "spanwise/verdict", {"accepted", "proved_again", "gap", "text", "legal", "violations", "kernels_not_checked"}, "verify", false},
      {"solve", folder + "/problem.json", "spanwise/solution", {"status", "value", "assignment"}, "solve", false},
      {"count", cases, "", {}, "count", false},
      {"predict", table, "", {}, "predict /no/such.csv", false},
      {"calibrate", "--from " + table + " --kernel cudnn-attention --hardware h200-sxm -o " + spanwise.at("contract_machine.yaml"), "", {}, "calibrate", false},
      {"bench", suite, "", {}, "bench no-such-suite", false},
      {"check", suite + " --baseline-device cpu --candidate-device cpu --rounds 5 --max-rounds 5 --wrong-only --store " + spanwise.at("rounds"), "spanwise/check", {"suite", "summary", "rule", "cases"}, "check no-such-suite --device cpu", true},
      {"schema", "model", "", {}, "schema modl", false},
      {"list", "models", "spanwise/list", {"kind", "items"}, "list modls", true},
      {"show", "model llama-3.1-8b", "spanwise/show", {"kind", "title", "facts", "tables", "content"}, "show model nothing", true},
      {"doctor", "", "spanwise/doctor", {"version", "good", "findings"}, "doctor x", true},
      {"completion", "bash", "", {}, "completion tcsh", false},
      {"help", "", "", {}, "help nothing", false},
  };
}

std::size_t widest(const std::string& text) {
  std::size_t width = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) width = std::max(width, line.size());
  return width;
}

}  // namespace

TEST_CASE("every command of the help has its promise here") {
  const Program spanwise;
  const auto all = promises(spanwise);
  std::istringstream lines(spanwise("--help").out);
  std::size_t commands = 0;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() != ' ') inside = line == "Commands:";
    if (!inside || line.size() < 3 || line[2] == ' ' || line.front() != ' ') continue;
    const auto name = line.substr(2, line.find(' ', 2) - 2);
    CHECK_MESSAGE(std::any_of(all.begin(), all.end(), [&](const Promise& p) { return p.command == name; }), name);
    ++commands;
  }
  CHECK(commands == all.size());
}

TEST_CASE("good calls: results on stdout alone, exit 0, lines of 80 columns") {
  const Program spanwise;
  for (const auto& promise : promises(spanwise)) {
    CAPTURE(promise.command);
    const auto outcome = spanwise(promise.command + " " + promise.arguments, "export COLUMNS=80;");
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
    CHECK_FALSE(outcome.out.empty());
    CHECK(outcome.err.find("error") == std::string::npos);
    CHECK(outcome.out.find('\x1b') == std::string::npos);
    const bool for_people = promise.command != "count" && promise.command != "solve" && promise.command != "completion" && promise.command != "verify" &&
                            promise.command != "schema" && promise.command != "predict";
    if (for_people) CHECK(widest(outcome.out) <= 80);
  }
}

TEST_CASE("--json is one object with schema, schema_version and the promised keys") {
  const Program spanwise;
  for (const auto& promise : promises(spanwise)) {
    if (promise.schema.empty()) continue;
    CAPTURE(promise.command);
    const auto outcome = spanwise(promise.command + " " + promise.arguments + " --json");
    CHECK(outcome.code == 0);
    const auto object = json::parse(outcome.out, nullptr, false);
    REQUIRE(object.is_object());
    CHECK(object.value("schema", "") == promise.schema);
    CHECK(object.value("schema_version", 0) >= 1);
    for (const auto& key : promise.keys) CHECK_MESSAGE(object.contains(key), key);
  }
  CHECK(json::parse(spanwise("count " + spanwise.at("contract.jsonl") + " --json").out).contains("pairs"));
}

TEST_CASE("--markdown gives a table, and --json beside it is refused") {
  const Program spanwise;
  for (const auto& promise : promises(spanwise)) {
    if (!promise.markdown) continue;
    CAPTURE(promise.command);
    const auto outcome = spanwise(promise.command + " " + promise.arguments + " --markdown");
    CHECK(outcome.code == 0);
    CHECK(outcome.out.find("|---") != std::string::npos);
    CHECK(spanwise(promise.command + " " + promise.arguments + " --markdown --json").code == 2);
  }
}

TEST_CASE("bad calls: exit 2, a message and nothing on stdout") {
  const Program spanwise;
  for (const auto& promise : promises(spanwise)) {
    for (const auto& call : {promise.bad, promise.command + " --no-such-option"}) {
      CAPTURE(call);
      const auto outcome = spanwise(call);
      CHECK(outcome.code == 2);
      CHECK(outcome.out.empty());
      CHECK(outcome.err.find("error: ") != std::string::npos);
    }
  }
}

TEST_CASE("--help of every command is the same as help COMMAND, fits 80 columns and has an example") {
  const Program spanwise;
  for (const auto& promise : promises(spanwise)) {
    CAPTURE(promise.command);
    const auto outcome = spanwise(promise.command + " --help");
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    CHECK(outcome.out == spanwise("help " + promise.command).out);
    CHECK(outcome.out.find("\nExample") != std::string::npos);
    CHECK(widest(outcome.out) <= 80);
  }
}

TEST_CASE("language, time zone and terminal change nothing") {
  const Program spanwise;
  const auto model = spanwise.small_model();
  const auto plan = [&](const std::string& name, const std::string& before) {
    const auto outcome = spanwise("plan " + model + " --validate none --limit attention=75% -o " + spanwise.at(name), before);
    auto screen = outcome.out;
    for (auto at = screen.find(name); at != std::string::npos; at = screen.find(name, at + 1)) screen.replace(at, name.size(), "X");
    return screen + read_text(spanwise.at(name) + "/plan.yaml") + read_text(spanwise.at(name) + "/problem.json") + read_text(spanwise.at(name) + "/report.json");
  };
  const auto usual = plan("locale_a", "export LC_ALL=C TZ=UTC;");
  const TemporaryFolder locales;
  make_german_locale(locales.path().string());
  const auto german = "export LOCPATH=" + locales.path().string() + " LC_ALL=" + kGerman + " LANG=" + kGerman + " TZ=UTC;";
  for (const std::string& world : {german, std::string("export LC_ALL=C TZ=Asia/Kolkata;"), std::string("export LC_ALL=C.UTF-8 TZ=America/St_Johns TERM=dumb NO_COLOR=1;")}) {
    CAPTURE(world);
    CHECK(plan("locale_b", world) == usual);
  }
  // The one date of all outputs is in UTC.
  const auto file = spanwise.at("zone.json");
  REQUIRE(spanwise("validate " + plan_folder_of(spanwise) + "/plan.yaml -o " + file, "export TZ=Asia/Kolkata;").code == 0);
  const auto created = json::parse(read_text(file)).at("created").get<std::string>();
  const std::time_t now = std::time(nullptr);
  char today[16];
  std::strftime(today, sizeof today, "%Y-%m-%dT%H", std::gmtime(&now));
  CHECK(created.substr(0, 10) == std::string(today).substr(0, 10));
  CHECK(created.back() == 'Z');
}

TEST_CASE("docs/cli.md is what the program says of itself") {
  const Program spanwise;
  CHECK(read_text(source_path("docs/cli.md")) == spanwise("help --markdown").out);
}

TEST_CASE("the manual page names every command and option") {
  const Program spanwise;
  const auto page = spanwise("help --man").out;
  CHECK(page.rfind(".TH SPANWISE 1", 0) == 0);
  for (const auto& promise : promises(spanwise)) CHECK_MESSAGE(page.find(".SS spanwise " + promise.command) != std::string::npos, promise.command);
  CHECK(page.find("\\-\\-dry\\-run") != std::string::npos);
}
