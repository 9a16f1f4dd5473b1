// SPDX-License-Identifier: Apache-2.0
// The client against runners that are shell scripts: good, dying, hanging and talking nonsense.
#include "measure/runner_client.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <string>

using namespace spanwise;
using measure::CaseStatus;

namespace {

const std::string kHello =
    R"(echo '{"type":"hello","protocol":1,"runner":"fake","version":"1","build":"b","device":{"name":"d","kind":"cpu","processors":3,"identity":"i","caches":{"l1d":1,"l3":9}}}';)";
const std::string kOk = R"(echo '{"type":"measurement","id":'$n',"status":"ok","ms":{"median":2.5,"p05":2,"p95":3},"samples":5}';)";

measure::Request request(double limit = 5) {
  measure::Request r;
  r.limit_seconds = limit;
  return r;
}

// `body` runs once a request with $n counting from 1 within the process.
std::string fake(const std::string& body) { return kHello + "n=0; while read line; do n=$((n+1)); " + body + " done"; }

measure::RunnerClient started(const std::string& command) {
  ::signal(SIGPIPE, SIG_IGN);
  auto client = measure::RunnerClient::start(command);
  REQUIRE(client);
  return std::move(*client);
}

}  // namespace

TEST_CASE("a good runner answers, heartbeats are passed over") {
  auto client = started(fake(R"(echo '{"type":"heartbeat","id":'$n'}';)" + kOk));
  CHECK(client.hello().processors == 3);
  CHECK(client.hello().last_cache_bytes == 9);
  for (int i = 0; i < 3; ++i) {
    const auto m = client.run(request());
    REQUIRE(m);
    CHECK(m->status == CaseStatus::kOk);
    CHECK(m->median_ms == 2.5);
    CHECK(m->samples == 5);
  }
}

TEST_CASE("clocks and power are read where they are told") {
  auto client = started(fake(R"(echo '{"type":"measurement","id":'$n',"status":"ok","timer":"cupti","clock_mhz":1755.5,"power_w":650,"throttled":"power_cap","counters":{"dram__bytes_read.sum":4096},"counters_error":""}';)"));
  const auto m = client.run(request());
  REQUIRE(m);
  CHECK(m->timer == "cupti");
  CHECK(m->clock_mhz == 1755.5);
  CHECK(m->power_w == 650);
  CHECK_FALSE(m->temperature_c);
  CHECK(m->throttled == "power_cap");
  CHECK(m->counters == std::map<std::string, double>{{"dram__bytes_read.sum", 4096}});
  CHECK(m->counters_error.empty());
}

TEST_CASE("a runner that dies costs one case") {
  // The second request of a process kills it. Ids go on over processes, so the fake echoes the id it was asked for.
  auto client = started(fake(R"([ $n = 2 ] && kill -SEGV $$; id=${line#*\"id\":}; id=${id%%,*}; n0=$n; n=$id; )" + kOk + " n=$n0;"));
  CHECK(client.run(request())->status == CaseStatus::kOk);
  const auto crashed = client.run(request());
  REQUIRE(crashed);
  CHECK(crashed->status == CaseStatus::kCrashed);
  CHECK(crashed->message.find("signal 11") != std::string::npos);
  CHECK(client.run(request())->status == CaseStatus::kOk);
}

TEST_CASE("a runner that hangs is stopped at its limit") {
  auto client = started(fake("sleep 100;"));
  const auto m = client.run(request(0.3));
  REQUIRE(m);
  CHECK(m->status == CaseStatus::kTimeout);
}

TEST_CASE("nonsense is an error, not a crash") {
  CHECK(started(fake("echo 'no json';")).run(request())->status == CaseStatus::kError);
  CHECK(started(fake("echo '[1,2]';")).run(request())->status == CaseStatus::kError);
  CHECK(started(fake(R"(echo '{"type":"measurement","id":77,"status":"ok"}';)")).run(request())->status == CaseStatus::kError);
  CHECK(started(fake(R"(echo '{"type":"measurement","id":'$n',"status":"splendid"}';)")).run(request())->status == CaseStatus::kError);
}

TEST_CASE("a command that is no runner is an environment error with its own words") {
  const auto missing = measure::RunnerClient::start("/no/such/runner");
  REQUIRE_FALSE(missing);
  CHECK(core::exit_code(missing.error()) == 3);
  CHECK(missing.error().front().hint.find("/no/such/runner") != std::string::npos);
  CHECK_FALSE(measure::RunnerClient::start("echo hello"));
  CHECK_FALSE(measure::RunnerClient::start(R"(echo '{"type":"hello","protocol":99}')"));
}

TEST_CASE("requests carry the whole case") {
  measure::Request r = request(7);
  r.shape.q_len = r.shape.kv_len = 128;
  r.q_tiles = {0, 1};
  r.check_rows_per_tile = 4;
  r.min_samples = 3;
  const auto line = measure::to_json(r, 12);
  for (const auto* part : {R"("id":12)", R"("q_len":128)", R"("q_tiles":[0,1])", R"("rows_per_tile":4)", R"("min_samples":3)", R"("limit_s":7)"}) {
    CHECK(line.find(part) != std::string::npos);
  }
  CHECK(line.find('\n') == std::string::npos);
}
