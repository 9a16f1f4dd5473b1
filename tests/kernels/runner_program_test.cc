// SPDX-License-Identifier: Apache-2.0
// The program spanwise-cpu as a client starts it: options, exit codes, one real case, a crash on request.
#include <doctest/doctest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <iterator>
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

// The least time of a case of a few milliseconds under these options; heartbeats of slow builds stand before the answer.
double least_ms(const std::string& options) {
  const auto outcome = run(options,
                           R"({"type":"case","id":1,"case":{"q_len":512,"q_heads":2,"head_dim":64,"dtype":"fp32"},)"
                           R"("time":{"min_samples":20,"max_s":2}})"
                           "\n");
  const auto samples = json::parse(outcome.lines.back()).at("samples_ms").get<std::vector<double>>();
  return *std::min_element(samples.begin(), samples.end());
}

TEST_CASE("a slowdown on request adds its share of the work") {
  CHECK(least_ms("--threads 1 --slowdown 900") > 4 * least_ms("--threads 1"));
}

TEST_CASE("help, version and bad options") {
  const auto help = run("--help");
  CHECK(help.exit_code == 0);
  CHECK(help.lines.at(0) == "usage: spanwise-cpu [options]");
  CHECK(run("--version").lines.at(0) == "spanwise-cpu " SPANWISE_VERSION);
  for (const char* bad :
       {"--thread 1", "--threads", "--threads 0", "--threads two", "--isa sse9", "--fault crash", "--slowdown", "--slowdown -1", "--slowdown 2%"}) {
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

// Through the protocol: the runner reads the pattern, lists its tiles, and is checked against float64.
TEST_CASE("a case of every kind whose pairs are determined") {
  const char* patterns[] = {
      R"({"strided":{"block":16,"local":2,"stride":4}})",
      R"({"power":{"block":16,"window":2,"sinks":1}})",
      R"({"vertical_slash":{"columns":[0,1,70,140],"diagonals":[0,1,2,65]}})",
      R"({"block_mask":{"block":[32,16],"random":{"density":0.3,"seed":5},"causal":true}})",
      R"({"block_mask":{"block":64,"list":[[0],[1,3],[],[0,2]]}})",
      R"({"routed":{"unit":"token","q_block":100,"list":[[0,7,199],[1,80,81]],"causal":true}})",
      R"({"token_subset":{"keep":[0,3,64,65,66,180],"inner":{"dense":{"causal":true}}}})",
      R"({"permuted":{"permutation":{"seed":2,"segment":50},"causal":true,"inner":{"sliding_window":{"window":40,"causal":false}}}})",
      R"({"union":[{"sliding_window":{"window":30}},{"strided":{"block":16,"stride":4}}]})",
      R"({"reuse":{"layer":1,"pattern":{"power":{"block":8}}}})"};
  std::string requests;
  for (const char* pattern : patterns) {
    requests += std::string(R"({"type":"case","id":1,"case":{"q_len":200,"q_heads":2,"head_dim":32,"dtype":"fp32","pattern":)") +
                pattern + R"(},"check":{"rows_per_tile":16}})" + "\n";
  }
  const auto outcome = run("", requests);
  REQUIRE(outcome.lines.size() == 1 + std::size(patterns));
  for (std::size_t i = 0; i < std::size(patterns); ++i) {
    CAPTURE(patterns[i]);
    CAPTURE(outcome.lines[i + 1]);
    const auto measurement = json::parse(outcome.lines[i + 1]);
    CHECK(measurement["status"] == "ok");
    CHECK(measurement["check"]["relative_error"].get<double>() <= 2e-6);
    CHECK(measurement["check"]["leaked_rows"] == 0);
    CHECK(measurement["check"]["unwritten"] == 0);
  }
}

TEST_CASE("patterns without a list are unsupported, with the reason") {
  const auto outcome = run(
      "", R"({"type":"case","id":1,"case":{"q_len":200,"dtype":"fp32","pattern":{"routed":{"unit_size":16,"keep":{"top_k":4}}}}})"
          "\n");
  REQUIRE(outcome.lines.size() == 2);
  const auto measurement = json::parse(outcome.lines[1]);
  CHECK(measurement["status"] == "unsupported");
  CHECK(measurement["message"] == "unsupported: this routed pattern needs a list, it says how many units are kept, not which");
}

}  // namespace
