// SPDX-License-Identifier: Apache-2.0
// The protocol and the loop of a runner, on text streams with a made-up device.
#include "kernels/runner/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernels/runner/timing.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using nlohmann::json;

class ToyBackend : public Backend {
 public:
  ToyBackend() {
    hello_.runner = "toy";
    hello_.build = "00112233445566ff";
    hello_.device = {"Toy", "cpu", "none", "", "0123456789abcdef", 3, 1000, {{"l1d", 32768}, {"l2", 1 << 20}}};
    hello_.kernels = {{"toy-kernel", "attention", {"fp32", "bf16"}, 64, 32, 128}};
    hello_.ops = {"attention", "launch"};
  }
  const Hello& hello() const override { return hello_; }
  Measurement measure(const Request& request) override {
    requests.push_back(request);
    if (request.shape.op == "full") throw std::bad_alloc();
    if (request.shape.op == "broken") throw std::runtime_error("it broke");
    if (request.shape.op == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(60));
    Measurement m;
    m.kernel = "toy-kernel";
    return m;
  }

  std::vector<Request> requests;

 private:
  Hello hello_;
};

struct Answers {
  std::vector<json> lines;
  std::vector<Request> requests;
};

Answers run(const std::string& input, SessionOptions options = {}) {
  ToyBackend backend;
  std::istringstream in(input);
  std::ostringstream out;
  run_session(backend, in, out, options);
  Answers answers;
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);)
    answers.lines.push_back(json::parse(line, nullptr, false));
  answers.requests = backend.requests;
  return answers;
}

const std::string kCase = R"({"type":"case","id":7,"case":{"q_len":100,"head_dim":64,"dtype":"fp32"}})";

TEST_CASE("hello comes first, and the end of input ends the session") {
  const auto answers = run("");
  REQUIRE(answers.lines.size() == 1);
  const auto& hello = answers.lines[0];
  CHECK(hello["type"] == "hello");
  CHECK(hello["protocol"] == 1);
  CHECK(hello["runner"] == "toy");
  CHECK(hello["version"] == SPANWISE_VERSION);
  CHECK(hello["build"] == "00112233445566ff");
  CHECK(hello["device"]["processors"] == 3);
  CHECK(hello["device"]["caches"]["l1d"] == 32768);
  CHECK(hello["kernels"][0]["dtypes"] == json({"fp32", "bf16"}));
  CHECK(hello["kernels"][0]["kv_tile"] == 32);
  CHECK(hello["ops"] == json({"attention", "launch"}));
}

TEST_CASE("what is known of the device while it was timed is told, the rest left out") {
  Measurement m;
  CHECK_FALSE(json::parse(to_json(m)).contains("timer"));
  CHECK_FALSE(json::parse(to_json(m)).contains("throttled"));
  m.timer = "cupti";
  m.conditions = {1755.5, 650.0, std::nullopt, "power_cap"};
  const auto told = json::parse(to_json(m));
  CHECK(told["timer"] == "cupti");
  CHECK(told["clock_mhz"] == 1755.5);
  CHECK(told["power_w"] == 650.0);
  CHECK_FALSE(told.contains("temperature_c"));
  CHECK(told["throttled"] == "power_cap");
  CHECK_FALSE(told.contains("counters"));
  m.counters = {{"dram__bytes_read.sum", 4096.0}};
  m.counters_error = "no permission";
  CHECK(json::parse(to_json(m))["counters"]["dram__bytes_read.sum"] == 4096.0);
  CHECK(json::parse(to_json(m))["counters_error"] == "no permission");
}

TEST_CASE("counters are asked for by name") {
  const auto asked = R"({"type":"case","id":7,"case":{"q_len":1},"counters":["a.sum","b.avg"]})";
  CHECK(run(asked).requests.at(0).counters == std::vector<std::string>{"a.sum", "b.avg"});
  CHECK(run(kCase).requests.at(0).counters.empty());
}

TEST_CASE("a request in full") {
  const auto answers = run(
      R"({"type":"case","id":1,"case":{"q_len":4096,"q_heads":8,"kv_heads":2,"head_dim":64,"dtype":"fp32","seed":9,)"
      R"("pattern":{"sliding_window":{"window":512,"sinks":4}}},"limit_s":60,"q_tiles":[0,7,63],)"
      R"("check":{"rows_per_tile":3},"time":{"min_samples":2,"max_s":0.5}})"
      "\n");
  REQUIRE(answers.lines.size() == 2);
  CHECK(answers.lines[1]["type"] == "measurement");
  CHECK(answers.lines[1]["id"] == 1);
  CHECK(answers.lines[1]["status"] == "ok");
  REQUIRE(answers.requests.size() == 1);
  const auto& request = answers.requests[0];
  CHECK(request.shape.seed == 9);
  CHECK(request.shape.kv_heads == 2);
  CHECK(request.shape.pattern == patterns::Pattern(patterns::SlidingWindow{512, 4, true}));
  CHECK(request.q_tiles == std::vector<std::int64_t>{0, 7, 63});
  CHECK(request.check->rows_per_tile == 3);
  CHECK(request.time->min_samples == 2);
  CHECK(request.time->max_seconds == 0.5);
  CHECK_FALSE(request.damage_output);
}

TEST_CASE(
    "check, time and q_tiles are off unless asked for; empty lines are nothing; the last newline may lack") {
  const auto answers = run("\n  \r\n" + kCase);
  REQUIRE(answers.lines.size() == 2);
  CHECK_FALSE(answers.requests[0].check);
  CHECK_FALSE(answers.requests[0].time);
  CHECK(answers.requests[0].q_tiles.empty());
}

TEST_CASE("bad lines get an error with the id, if it can be read, and the session goes on") {
  const std::vector<std::pair<std::string, int>> bad = {
      {"nonsense", -1},
      {"{\"type\":\"case\",\"id\":3", -1},
      {"[]", -1},
      {"\xff\xfe", -1},
      {R"({"type":"case","id":"x","case":{"q_len":1}})", -1},
      {R"({"type":"case","case":{"q_len":1}})", -1},
      {R"({"type":"stop","id":4,"case":{"q_len":1}})", 4},
      {R"({"type":"case","id":4})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":0}})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1,"colour":2}})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"limit":2})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"q_tiles":[]})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"q_tiles":[3,3]})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"counters":"a.sum"})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"counters":[[]]})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"q_tiles":[-1]})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"check":{"rows_per_tile":0}})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"time":{"min_samples":1.5}})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"time":{"max_s":-1}})", 4},
      {R"({"type":"case","id":4,"case":{"q_len":1},"time":{"max_s":1e999}})", -1},
  };
  for (const auto& [line, id] : bad) {
    CAPTURE(line);
    const auto answers = run(line + "\n" + kCase + "\n");
    REQUIRE(answers.lines.size() == 3);
    CHECK(answers.lines[1]["type"] == "measurement");
    CHECK(answers.lines[1]["status"] == "error");
    CHECK(answers.lines[1]["id"] == id);
    CHECK(answers.lines[1]["message"] != "");
    CHECK(answers.lines[2]["status"] == "ok");
    CHECK(answers.requests.size() == 1);
  }
}

TEST_CASE("an error names the column") {
  const auto answers = run(R"({"type":"case","id":4,"case":{"q_len":1},"chek":{}})");
  CHECK(answers.lines[1]["message"].get<std::string>().find("column 42") != std::string::npos);
  CHECK(answers.lines[1]["message"].get<std::string>().find("'check'") != std::string::npos);
}

TEST_CASE("exceptions of a device are a status") {
  const auto answers = run(R"({"type":"case","id":1,"case":{"op":"full"}})"
                           "\n"
                           R"({"type":"case","id":2,"case":{"op":"broken"}})"
                           "\n");
  REQUIRE(answers.lines.size() == 3);
  CHECK(answers.lines[1]["status"] == "out_of_memory");
  CHECK(answers.lines[2]["status"] == "error");
  CHECK(answers.lines[2]["message"] == "it broke");
}

TEST_CASE("heartbeats while a case runs, none after its measurement") {
  SessionOptions options;
  options.heartbeat = std::chrono::milliseconds(10);
  const auto answers = run(R"({"type":"case","id":5,"case":{"op":"slow"}})"
                           "\n",
                           options);
  REQUIRE(answers.lines.size() >= 3);
  for (std::size_t i = 1; i + 1 < answers.lines.size(); ++i) {
    CHECK(answers.lines[i]["type"] == "heartbeat");
    CHECK(answers.lines[i]["id"] == 5);
    CHECK(answers.lines[i]["elapsed_s"].get<double>() > 0.005);
  }
  CHECK(answers.lines.back()["type"] == "measurement");
}

TEST_CASE("injected faults strike the request they name") {
  const std::string two = kCase + "\n" + kCase + "\n";
  const auto garbage = run(two, {std::chrono::milliseconds(1000), *parse_fault("garbage:2")});
  REQUIRE(garbage.lines.size() == 3);
  CHECK(garbage.lines[1]["status"] == "ok");
  CHECK(garbage.lines[2].is_discarded());
  const auto wrong = run(two, {std::chrono::milliseconds(1000), *parse_fault("wrong:1")});
  CHECK(wrong.requests[0].damage_output);
  CHECK_FALSE(wrong.requests[1].damage_output);
}

TEST_CASE("faults parse strictly") {
  CHECK(parse_fault("crash:1")->kind == InjectedFault::Kind::kCrash);
  CHECK(parse_fault("hang:12")->kind == InjectedFault::Kind::kHang);
  CHECK(parse_fault("hang:12")->request == 12);
  for (const char* bad : {"", "crash", "crash:", "crash:0", "crash:-1", "crash:1x", ":1", "crush:1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_fault(bad));
  }
  CHECK(parse_fault("crush:1").error().front().hint.find("did you mean 'crash'") != std::string::npos);
}

TEST_CASE("a measurement in full, and fields that do not apply left out") {
  Measurement m;
  m.id = 3;
  m.status = MeasurementStatus::kWrong;
  m.message = "why \xff";
  m.times = Times{2, 1, 3, 9, {2.5, 1.5}};
  m.clock = ClockRates{3e9, 2e9};
  m.check = CheckResult{{64, 3e-7, std::numeric_limits<double>::infinity()}, 1, 2};
  m.work = Work{12, 300, 24};
  m.rate = Rate{9.1e10, "FLOP/s"};
  const auto full = json::parse(to_json(m));
  CHECK(full["status"] == "wrong");
  CHECK(full["ms"] == json({{"median", 2.0}, {"p05", 1.0}, {"p95", 3.0}}));
  CHECK(full["samples"] == 9);
  CHECK(full["samples_ms"] == json({2.5, 1.5}));
  CHECK(full["clock_hz"] == json({{"before", 3e9}, {"after", 2e9}}));
  CHECK(full["check"] ==
        json({{"rows", 64}, {"relative_error", 3e-7}, {"leaked_rows", 1}, {"unwritten", 2}}));
  CHECK(full["work"] == json({{"q_tiles", 12}, {"full_tiles", 300}, {"partial_tiles", 24}}));
  CHECK(full["rate"] == json({{"value", 9.1e10}, {"unit", "FLOP/s"}}));
  const auto bare = json::parse(to_json(refusal(MeasurementStatus::kUnsupported, "no")));
  CHECK(bare == json({{"type", "measurement"}, {"id", -1}, {"status", "unsupported"}, {"message", "no"}}));
  CHECK(to_json(m).find('\n') == std::string::npos);
}

TEST_CASE("timing runs as often as asked, at least once, and stops at its time") {
  int runs = 0;
  const auto count = [&] {
    ++runs;
    return 1.0;
  };
  const auto times = time_runs({5, 0.0}, patterns::Regime::kBurst, count);
  CHECK(times.samples == 1);  // no time: one sample after the warm-up
  CHECK(runs == 2);
  runs = 0;
  const auto many = time_runs({7, 4.0}, patterns::Regime::kBurst, [&] {
    ++runs;
    return wall_ms([&] { std::this_thread::sleep_for(std::chrono::milliseconds(runs > 3 ? 250 : 1)); });
  });
  CHECK(many.samples == 7);  // a quarter of the time is over before the seventh run ends
  CHECK(runs == 8);
  CHECK(many.p05 <= many.median);
  CHECK(many.median <= many.p95);
}

TEST_CASE("of very many samples a part is kept, in its order") {
  double next = 0;
  const auto times = time_runs({1000, 100.0}, patterns::Regime::kBurst, [&] { return next = next < 600 ? next + 1 : 601; });
  REQUIRE(times.samples >= 1000);
  CHECK(times.kept.size() == 256);
  CHECK(std::is_sorted(times.kept.begin(), times.kept.end()));
  CHECK(times.kept.front() == 2);  // the first run warms up
}

TEST_CASE("timing stops early once the median is known to half a percent") {
  const auto steady = time_runs({4, 100.0}, patterns::Regime::kBurst, [] { return 2.0; });
  CHECK(steady.samples == 16);
  CHECK(steady.kept.size() == 16);
  CHECK(steady.median == 2.0);
}

}  // namespace
