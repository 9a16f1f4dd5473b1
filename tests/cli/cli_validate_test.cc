// SPDX-License-Identifier: Apache-2.0
// Validation survives runners that crash, hang, lie or are missing, and Ctrl-C keeps what is finished.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

using namespace spanwise::testing;
using nlohmann::json;

namespace {

const std::string kRunner = SPANWISE_CPU_RUNNER;

// A plan whose machine `local` is in the cache, so that faults hit validation and not the measuring of the machine.
std::string planned(const Program& spanwise) {
  const auto folder = spanwise.at("planned");
  if (!std::filesystem::exists(folder + "/plan.yaml")) {
    REQUIRE(spanwise("plan " + spanwise.small_model() + " -o " + folder).code == 0);
  }
  return folder + "/plan.yaml";
}

json cases_of(const std::string& file) { return json::parse(read_text(file)).at("cases"); }

}  // namespace

TEST_CASE("a crash costs its case, the others are checked, the exit code is 1") {
  const Program spanwise;
  const auto plan = planned(spanwise);
  const auto file = spanwise.at("crash.json");
  const auto outcome = spanwise("validate " + plan + " --device '" + kRunner + " --fault crash:2' -o " + file);
  CHECK(outcome.code == 1);
  const auto cases = cases_of(file);
  REQUIRE(cases.size() >= 2);
  CHECK(cases[0].at("status") == "ok");
  CHECK(cases[1].at("status") == "crashed");
  if (cases.size() > 2) CHECK(cases[2].at("status") == "ok");  // of a fresh runner, whose second case would crash again
}

TEST_CASE("a wrong kernel is found") {
  const Program spanwise;
  const auto file = spanwise.at("wrong.json");
  const auto outcome = spanwise("validate " + planned(spanwise) + " --device '" + kRunner + " --fault wrong:1' -o " + file);
  CHECK(outcome.code == 1);
  CHECK(cases_of(file)[0].at("status") == "wrong");
}

TEST_CASE("garbage from a runner is an error of its case") {
  const Program spanwise;
  const auto file = spanwise.at("garbage.json");
  const auto outcome = spanwise("validate " + planned(spanwise) + " --device '" + kRunner + " --fault garbage:1' -o " + file);
  CHECK(outcome.code == 1);
  CHECK(cases_of(file)[0].at("status") == "error");
}

TEST_CASE("a missing runner keeps the plan and says so") {
  const Program spanwise;
  const auto folder = spanwise.at("norunner");
  const auto outcome = spanwise("plan " + spanwise.small_model() + " --validate /no/such/runner -o " + folder);
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("/no/such/runner") != std::string::npos);
  CHECK(outcome.out.find("proof") != std::string::npos);
  CHECK(std::filesystem::exists(folder + "/plan.yaml"));
}

TEST_CASE("Ctrl-C during validation keeps the plan and exits 130") {
  const Program spanwise;
  planned(spanwise);
  const auto folder = spanwise.at("interrupted");
  const auto outcome = run("export XDG_CACHE_HOME=" + spanwise.cache().string() + "; " + SPANWISE_PROGRAM + " plan " + spanwise.small_model() +
                           " -o " + folder + " --validate '" + kRunner + " --fault hang:2' & pid=$!; " +
                           "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e " + folder + "/report.html ] && break; sleep 0.5; done; " +
                           "sleep 3; kill -INT $pid; wait $pid");
  CHECK(outcome.code == 130);
  CHECK(std::filesystem::exists(folder + "/plan.yaml"));
  CHECK(cases_of(folder + "/validation.json").size() == 1);
}

TEST_CASE("a home that cannot be written still measures, and says that nothing was kept") {
  const Program spanwise;
  const auto plan = planned(spanwise);
  const auto blocked = spanwise.write("blocked", "a file where a folder should be");
  const auto file = spanwise.at("readonly.json");
  const auto outcome = run("export HOME=" + blocked + " XDG_CACHE_HOME=" + blocked + "; " + SPANWISE_PROGRAM + " validate " + plan + " -o " + file);
  CHECK(outcome.code == 0);
  CHECK(json::parse(read_text(file)).at("device").at("figures").get<std::string>().find("not kept") != std::string::npos);
}
