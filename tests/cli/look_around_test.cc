// SPDX-License-Identifier: Apache-2.0
// list, show, doctor, --dry-run and completion.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

using namespace spanwise::testing;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("list and show know the user's own files, and a broken one hides no other") {
  const Program spanwise;
  const auto folder = spanwise.at("data");
  std::filesystem::create_directories(folder + "/configs/models");
  std::filesystem::copy_file(spanwise.small_model(), folder + "/configs/models/mine.yaml");
  auto outcome = spanwise("list models --names --data " + folder);
  CHECK(outcome.code == 0);
  CHECK(has(outcome.out, "mine\n"));
  CHECK(has(outcome.out, "llama-3.1-8b\n"));
  CHECK(has(spanwise("show mine --data " + folder).out, "small: 3 layers"));

  spanwise.write("data/configs/models/broken.yaml", "version: 1\nname broken\n");
  outcome = spanwise("list models --data " + folder);
  CHECK(outcome.code == 2);
  CHECK(has(outcome.out, "mine"));
  CHECK(has(outcome.err, "broken.yaml:2:1: error: expected ':'"));
}

TEST_CASE("show tells the kind of a file by itself") {
  const Program spanwise;
  const auto folder = spanwise.at("shown");
  REQUIRE(spanwise("plan " + spanwise.small_model() + " --validate none --limit attention=75% -o " + folder).code == 0);
  const auto kind = [&](const std::string& file) { return json::parse(spanwise("show --json " + file).out).at("kind").get<std::string>(); };
  CHECK(kind(folder + "/plan.yaml") == "plan");
  CHECK(kind(folder + "/problem.json") == "problem");
  CHECK(kind(folder + "/report.json") == "report");
  CHECK(kind(spanwise.small_model()) == "model");
  CHECK(kind(source_path("hwmodels/machines/h200-sxm.yaml").string()) == "hardware");
  CHECK(kind(source_path("hwmodels/kernels/natten-hopper-fna.yaml").string()) == "kernel");
}

TEST_CASE("show hardware gives every figure its basis and its source") {
  const Program spanwise;
  const auto shown = json::parse(spanwise("show hardware h200-sxm --json").out);
  for (const auto& row : shown.at("tables").at("figures")) {
    CHECK_FALSE(row.at("basis").get<std::string>().empty());
    CHECK_FALSE(row.at("source").get<std::string>().empty());
  }
  CHECK(shown.at("content").at("processors").at("value") == 132);
}

TEST_CASE("the picture of a causal window is a band below the diagonal with its sinks") {
  const Program spanwise;
  const auto out = spanwise("show pattern sliding_window").out;
  CHECK(has(out, "\n+...............\n#+..............\n"));
  CHECK(has(out, "\n#..........+###+\n"));
}

TEST_CASE("doctor names what is missing and the line that fixes it") {
  const Program spanwise;
  const auto good = json::parse(spanwise("doctor --json").out);
  CHECK(good.at("good") == true);
  std::size_t runners = 0;
  for (const auto& finding : good.at("findings")) {
    if (finding.at("what") != "CPU runner") continue;
    ++runners;
    CHECK(finding.at("state") == "good");
    CHECK(has(finding.at("found"), "protocol 1"));
  }
  CHECK(runners == 1);
  // The program alone, in a folder without runner and data.
  const auto alone = spanwise.at("alone");
  std::filesystem::create_directories(alone);
  std::filesystem::copy_file(SPANWISE_PROGRAM, alone + "/spanwise");
  const auto outcome = run("export HOME=" + alone + "; unset XDG_CONFIG_HOME XDG_CACHE_HOME; " + alone + "/spanwise doctor");
  CHECK(outcome.code == 3);
  CHECK(has(outcome.out, "CPU runner"));
  CHECK(has(outcome.out, "missing"));
  CHECK(has(outcome.out, "--data DIR"));
}

TEST_CASE("--dry-run names where every value comes from and writes nothing") {
  const Program spanwise;
  const auto folder = spanwise.at("dry");
  const auto outcome = spanwise("plan " + spanwise.small_model() + " --hardware h200-sxm --jobs 1 --dry-run --json -o " + folder);
  REQUIRE(outcome.code == 0);
  CHECK_FALSE(std::filesystem::exists(folder));
  std::map<std::string, std::string> origin;
  const auto printed = json::parse(outcome.out);
  for (const auto& setting : printed.at("settings")) origin[setting.at("setting")] = setting.at("origin");
  CHECK(origin.at("hardware") == "given");
  CHECK(origin.at("threads") == "given");
  CHECK(origin.at("limit") == "default");
  CHECK(origin.at("workload").ends_with("small.yaml:9"));
  CHECK(origin.at("cache") == "environment XDG_CACHE_HOME");
  CHECK(spanwise("plan " + spanwise.small_model() + " --dry-run --limit 'attention=much'").code == 2);
  const auto other = spanwise("plan llama-3.1-8b --dry-run");
  CHECK(has(other.out, "llama-3.1-8b.yaml:8"));
}

TEST_CASE("completion offers commands, options, choices and names") {
  const Program spanwise;
  const auto words = [&](const std::string& line) { return spanwise("complete " + line).out; };
  CHECK(has(words("1 spanwise pl"), "plan\t"));
  CHECK(words("2 spanwise plan llama") == "llama-3.1-70b\nllama-3.1-8b\nllama-3.2-1b\n:files\n");
  CHECK(has(words("3 spanwise plan --hardware h"), "h200-sxm\n"));
  CHECK(has(words("3 spanwise plan --hardware ''"), "local\t"));
  CHECK(words("4 spanwise plan --hardware = h200") == "h200-sxm\n");
  CHECK(words("2 spanwise plan --hardware=h200") == "--hardware=h200-sxm\n");
  CHECK(has(words("2 spanwise plan --dr"), "--dry-run\t"));
  CHECK(words("3 spanwise plan --json --js").empty());
  CHECK(words("2 spanwise list mo") == "models\n");
  CHECK(has(words("3 spanwise show pattern sl"), "sliding_window\n"));
  CHECK(words("3 spanwise bound --dtype bf") == "bf16\n");
  CHECK(spanwise("complete nonsense").out.empty());
  for (const auto* shell : {"bash", "zsh", "fish"}) CHECK(has(spanwise(std::string("completion ") + shell).out, "complete"));
}

TEST_CASE("the bash script is good bash and completes") {
  const Program spanwise;
  const auto script = spanwise.at("completion.bash");
  REQUIRE(spanwise("completion bash > " + script).code == 0);
  const auto outcome = run("cd " + std::filesystem::path(SPANWISE_PROGRAM).parent_path().string() + "; bash -c 'PATH=.:$PATH; . " + script +
                           "; COMP_WORDS=(spanwise list mo); COMP_CWORD=2; _spanwise; echo \"${COMPREPLY[@]}\"'");
  CHECK(outcome.out == "models\n");
  CHECK(outcome.err.empty());
}
