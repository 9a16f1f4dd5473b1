// SPDX-License-Identifier: Apache-2.0
// check and bench as a user calls them: exit codes, files for CI systems, refused baselines, the golden file.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "measure/history.h"
#include "tests/cli/program.h"

using namespace spanwise::testing;
using nlohmann::json;

namespace {

bool holds(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

std::string small_suite(const Program& spanwise) {
  return spanwise.write("check.suite.yaml", "version: 1\nname: check\nsummary: \"one small case\"\ncases:\n"
      "  - {name: one, case: {q_len: 256, q_heads: 2, kv_heads: 1, head_dim: 64, dtype: fp32}}\n");
}

std::string runner(const std::string& options) { return "'exec " SPANWISE_CPU_RUNNER " --threads 1 " + options + "'"; }

}  // namespace

TEST_CASE("a build that takes three times as long is slower, a wrong one wrong: exit 1, in every form") {
  const Program spanwise;
  const auto sides = "check " + small_suite(spanwise) + " --rounds 5 --max-rounds 5 --store " + spanwise.at("store") + " --baseline-device " + runner("");
  auto outcome = spanwise(sides + " --candidate-device " + runner("--slowdown 900") + " --annotations --junit " + spanwise.at("j.xml") + " -o " + spanwise.at("c.json"));
  CHECK(outcome.code != 2);
  const auto verdict = json::parse(read_text(spanwise.at("c.json"))).at("cases").at(0);
  CHECK(verdict.at("rounds_ms").at("candidate").size() == 5);
  const auto seen = verdict.at("verdict").get<std::string>();
  CHECK((seen == "slower" || seen == "ambiguous"));  // on a machine too busy for five rounds
  CHECK(outcome.code == (seen == "slower" ? 1 : 0));
  CHECK(holds(read_text(spanwise.at("j.xml")), "<testcase classname=\"spanwise.check\" name=\"one\""));
  outcome = spanwise(sides + " --wrong-only --json --candidate-device " + runner("--fault wrong:1"));
  CHECK(outcome.code == 1);
  CHECK(json::parse(outcome.out).at("cases").at(0).at("verdict") == "wrong");
  outcome = spanwise(sides + " --annotations --candidate-device " + runner("--fault crash:2"));
  CHECK(outcome.code == 1);
  CHECK(holds(outcome.out, "::error title=check / one::missing: the candidate: crashed in 5 of 5 rounds"));
}

TEST_CASE("a baseline is read back, and refused when it was edited or is about other cases") {
  const Program spanwise;
  const auto suite = small_suite(spanwise);
  const auto file = spanwise.at("baseline.json");
  REQUIRE(spanwise("bench " + suite + " --rounds 6 --commit abc -o " + file).code == 0);
  const auto text = read_text(file);
  CHECK(json::parse(text).at("commit") == "abc");
  CHECK(json::parse(text).at("cases").at(0).at("rounds").size() == 6);
  const auto outcome = spanwise("check " + suite + " --rounds 5 --wrong-only --baseline " + file + " --device cpu");
  CHECK(outcome.code == 0);
  CHECK(holds(outcome.out, "measured at another time"));
  CHECK(spanwise("check --wrong-only --baseline " + file + " --candidate " + file).code == 0);

  auto edited = text;
  edited.replace(edited.find("\"commit\": \"abc\""), 15, "\"commit\": \"abd\"");
  const auto refused = spanwise("check --baseline " + spanwise.write("edited.json", edited) + " --candidate " + file);
  CHECK(refused.code == 2);
  CHECK(holds(refused.err, "its checksum does not match"));
  const auto foreign = spanwise("check quick --baseline " + file + " --device cpu");
  CHECK(foreign.code == 2);
  CHECK(holds(foreign.err, "measured with other cases"));
  CHECK(spanwise("check --baseline " + file + " --device cpu --min-effect none").code == 2);
}

TEST_CASE("the model against real kernels: what is far from it is measured again, and faster reads recalibrate") {
  const Program spanwise;
  const auto suite = small_suite(spanwise);
  // The machine is measured with one pace and asked again, from the same cache, with another.
  const auto verdict_of = [&](const std::string& home, const std::string& measured, const std::string& asked, int exit_code) {
    const auto before = "export XDG_CACHE_HOME=" + spanwise.at(home) + ";";
    CHECK(spanwise("check " + suite + " --rounds 5 --wrong-only --device " + runner(measured), before).code == 0);
    const auto outcome = spanwise("check " + suite + " --rounds 5 --json --device " + runner(asked), before);
    CHECK(outcome.code == exit_code);
    return json::parse(outcome.out).at("cases").at(0);
  };
  const auto slower = verdict_of("model_plain", "", "--slowdown 900", 1);
  CHECK(slower.at("verdict") == "slower");
  CHECK(slower.at("rounds") == 10);
  CHECK(holds(slower.at("reason"), "slower than the model, twice"));
  CHECK(slower.at("interval").at(0).get<double>() > 1);
  const auto faster = verdict_of("model_slowed", "--slowdown 900", "", 0);
  CHECK(faster.at("verdict") == "faster");
  CHECK(faster.at("rounds") == 10);
  CHECK(holds(faster.at("reason"), "recalibrate, twice"));
}

TEST_CASE("rounds of a build whose runner died are kept and gone on with") {
  const Program spanwise;
  const auto starts = spanwise.at("starts");
  // The third round's process does not start: one for the table, two for rounds before.
  const auto command = "bench " + small_suite(spanwise) + " --rounds 5 --store " + spanwise.at("store") + " -o " + spanwise.at("r.json") + " --device 'echo >> " + starts +
                       "; test $(wc -l < " + starts + ") -le 3 || exit 3; exec " SPANWISE_CPU_RUNNER " --threads 1'";
  CHECK(spanwise(command).code != 0);
  std::filesystem::remove(starts);
  const auto outcome = spanwise(command);
  CHECK(holds(outcome.err, "2 rounds were kept by a run that was interrupted"));
  CHECK(outcome.code != 0);  // one for the table, two more rounds
  std::filesystem::remove(starts);
  const auto last = spanwise(command);
  CHECK(holds(last.err, "4 rounds were kept"));
  CHECK(last.code == 0);
  CHECK(json::parse(read_text(spanwise.at("r.json"))).at("cases").at(0).at("rounds").size() == 5);
}

TEST_CASE("a history of runs: kept on request, steps told with commits and runs, slower ones failing with --strict") {
  const Program spanwise;
  const auto store = spanwise.at("store");
  CHECK(spanwise("check --history --store " + store).code == 2);
  CHECK(spanwise("bench " + small_suite(spanwise) + " --to-history").code == 2);
  REQUIRE(spanwise("bench " + small_suite(spanwise) + " --rounds 5 --to-history --commit abc --store " + store).code == 0);
  const auto short_history = spanwise("check --history --store " + store);
  CHECK(short_history.code == 0);
  CHECK(holds(short_history.out, "no step; 1 case with too few runs"));

  for (int run = 0; run < 30; ++run) {
    spanwise::measure::HistoryEntry entry{"2026-01-" + std::string(run < 9 ? "0" : "") + std::to_string(run + 1) + "T00:00:00Z", "commit-" + std::to_string(run), "machine", "A card",
                                          "spanwise-cuda", "build-" + std::to_string(run), "nightly", "window/q_len=4096", "shape", 0, 0, 0, 11};
    entry.ms = (run < 18 ? 1.0 : 1.06) * (1 + 1e-3 * (run * 7 % 5));
    REQUIRE(spanwise::measure::append_history(store, {entry}));
  }
  const auto told = spanwise("check nightly --history --json --store " + store);
  CHECK(told.code == 0);
  const auto step = json::parse(told.out).at("histories").at(0).at("steps").at(0);
  CHECK(step.at("commit_before") == "commit-17");
  CHECK(step.at("commit_after") == "commit-18");
  CHECK(step.at("ratio").get<double>() == doctest::Approx(1.06).epsilon(0.002));
  CHECK(step.at("runs_after") == 12);
  CHECK(spanwise("check nightly --history --strict --store " + store).code == 1);
  CHECK(spanwise("check --history --device cpu --store " + store).code == 2);
  const auto screen = spanwise("check nightly --history --store " + store).out;
  CHECK(holds(screen, "6.0 % slower"));
  CHECK(holds(spanwise("check nightly --history --markdown --store " + store).out, "| window/q\\_len=4096 |"));
}

TEST_CASE("the golden file: every change is named, what fails now is never updated") {
  const Program spanwise;
  const std::string count = R"({"id":"a","count":{"tokens":[64],"q_tile":16,"kv_tile":16})";
  const auto file = spanwise.write("golden.jsonl", count + "}\n");
  const auto check = "check --golden " + file;
  CHECK(spanwise(check).code == 1);  // new
  CHECK(spanwise(check + " --update-golden").code == 0);
  CHECK(spanwise(check).out == "1 the same, 0 changed, 0 worked before and fail now\n");
  auto text = read_text(file);
  text.replace(text.find("\"pairs\":4096"), 12, "\"pairs\":4095");
  spanwise.write("golden.jsonl", text);
  auto outcome = spanwise(check);
  CHECK(outcome.code == 1);
  CHECK(holds(outcome.out, "a: pairs 4095 -> 4096 (+0.0244 %)\n"));
  text.replace(text.find("\"q_tile\":16"), 11, "\"q_tile\":-1");
  spanwise.write("golden.jsonl", text);
  outcome = spanwise(check + " --update-golden");
  CHECK(outcome.code == 1);
  CHECK(holds(outcome.out, "a: worked before, fails now: "));
  CHECK(read_text(file) == text);
  CHECK(spanwise("check --golden " + spanwise.write("bad.jsonl", "{}\n")).code == 2);
}
