// SPDX-License-Identifier: Apache-2.0
// The program spanwise-cpu as a client starts it: options, exit codes, one real case, a crash on request.
#include <doctest/doctest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

struct Outcome {
  std::vector<std::string> lines;  // of stdout
  int exit_code = -1;              // 128 + n when ended by signal n
};

// Runs the program in a shell, `input` on its stdin.
Outcome run(const std::string& options, const std::string& input = "") {
  const std::string command =
      "printf '%s' '" + input + "' | { " SPANWISE_CPU " " + options + " 2>/dev/null; }";
  Outcome outcome;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c == '\n') {
      outcome.lines.push_back(line);
      line.clear();
    } else {
      line += static_cast<char>(c);
    }
  }
  if (!line.empty()) outcome.lines.push_back(line);
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

const std::string kCase =
    R"({"type":"case","id":1,"case":{"q_len":200,"q_heads":2,"head_dim":32,"dtype":"fp32","causal":true},)"
    R"("check":{"rows_per_tile":4},"time":{"min_samples":2,"max_s":0.05}})"
    "\n";

TEST_CASE("help, version and bad options") {
  const auto help = run("--help");
  CHECK(help.exit_code == 0);
  CHECK(help.lines.at(0) == "usage: spanwise-cpu [options]");
  CHECK(run("--version").lines.at(0) == "spanwise-cpu " SPANWISE_VERSION);
  for (const char* bad :
       {"--thread 1", "--threads", "--threads 0", "--threads two", "--isa sse9", "--fault crash"}) {
    CAPTURE(bad);
    const auto outcome = run(bad);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.lines.empty());
  }
}

TEST_CASE("a case on either instruction set and any number of threads") {
  for (const char* options : {"", "--isa x86-64", "--threads 1", "--threads 3"}) {
    CAPTURE(options);
    const auto outcome = run(options, kCase);
    CHECK(outcome.exit_code == 0);
    REQUIRE(outcome.lines.size() >= 2);
    const auto hello = json::parse(outcome.lines[0]);
    CHECK(hello["type"] == "hello");
    CHECK(hello["kernels"][0]["name"] == "spanwise-cpu-fp32");
    const auto measurement = json::parse(outcome.lines.back());
    CHECK(measurement["status"] == "ok");
    CHECK(measurement["check"]["rows"] == 2 * 4 * 4);
    CHECK(measurement["work"] == json({{"q_tiles", 4}, {"full_tiles", 6}, {"partial_tiles", 4}}));
    CHECK(measurement["ms"]["median"].get<double>() > 0);
  }
}

TEST_CASE(
    "--fault wrong is found by the check, --fault crash ends the process after the requests before it") {
  const auto wrong = run("--fault wrong:2", kCase + kCase);
  REQUIRE(wrong.lines.size() >= 3);
  CHECK(json::parse(wrong.lines[1])["status"] == "ok");
  CHECK(json::parse(wrong.lines.back())["status"] == "wrong");
  const auto crash = run("--fault crash:2", kCase + kCase);
  CHECK(crash.exit_code == 128 + SIGSEGV);
  REQUIRE(crash.lines.size() == 2);
  CHECK(json::parse(crash.lines[1])["status"] == "ok");
}

}  // namespace
