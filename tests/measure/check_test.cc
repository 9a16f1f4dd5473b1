// SPDX-License-Identifier: Apache-2.0
// The check against runners that are shell scripts, its rounds on disk, and the files of bench.
#include "measure/check.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/interrupt.h"
#include "measure/round_log.h"
#include "tests/support/sample_files.h"

using namespace spanwise;
using namespace spanwise::measure;

namespace {

// Answers every case with these fields.
std::string fake_runner(const std::string& fields, int protocol = 1) {
  return R"(echo '{"type":"hello","protocol":)" + std::to_string(protocol) +
         R"(,"runner":"fake","version":"1","build":"b","device":{"name":"d","kind":"cpu","identity":"i"}}'; )"
         R"(while read line; do id=${line#*\"id\":}; id=${id%%,*}; echo '{"type":"measurement","id":'$id',)" + fields + "}'; done";
}

std::string timed(const std::string& ms) {
  return R"("status":"ok","ms":{"median":)" + ms + R"(,"p05":)" + ms + R"(,"p95":9},"samples":3,"samples_ms":[9,)" + ms + "," + ms + "," + ms + "]";
}

Suite two_cases() {
  Suite suite;
  suite.name = "two";
  for (const char* name : {"a", "b"}) {
    SuiteEntry entry;
    entry.name = name;
    entry.shape.q_len = entry.shape.kv_len = name[0] == 'a' ? 64 : 128;
    suite.entries.push_back(entry);
  }
  return suite;
}

const CheckProgress kQuiet = [](std::size_t, std::size_t, const std::string&) {};

core::Result<CheckResult> compare(const std::string& baseline, const std::string& candidate, const std::filesystem::path& folder = {}) {
  ::signal(SIGPIPE, SIG_IGN);
  CheckLimits limits;
  limits.folder = folder;
  return check_side_by_side(two_cases(), baseline, candidate, limits, kQuiet);
}

const Judgement& judgement_of(const core::Result<CheckResult>& result) {
  REQUIRE(result);
  REQUIRE(result->rows.size() == 2);
  return result->rows.front().judgement;
}

Round round_of(std::size_t number, double ms) {
  Round round{number, std::vector<CaseRound>(2)};
  for (auto& one : round.cases) one.sides.assign(2, ProcessTimes{CaseStatus::kOk, "", {ms, ms * 1.1}, {ms}, {}, 3e9, {}});
  return round;
}

SuiteResult bench_result() {
  const auto suite = two_cases();
  SuiteResult result;
  result.suite = suite.name;
  result.fingerprint = suite_fingerprint(suite);
  result.device.device_name = "a CPU";
  result.device.device_kind = "cpu";
  result.device.identity = "here";
  for (const auto& entry : suite.entries) {
    auto& row = result.rows.emplace_back();
    row.name = entry.name;
    row.shape = entry.shape;
    row.measurement.status = CaseStatus::kOk;
    row.measurement.median_ms = 2.0;
    row.measurement.samples_ms = {1.5, 2.0, 2.5};
  }
  for (std::size_t i = 0; i < 11; ++i) {
    auto round = round_of(i, 2 + 1e-3 * static_cast<double>(i));
    for (auto& one : round.cases) one.sides.resize(1);
    result.rounds.push_back(std::move(round));
  }
  return result;
}

std::string refusal(const std::string& text) {
  const testing::TemporaryFolder folder;
  const auto read = read_bench_file(folder.write("r.json", text));
  REQUIRE_FALSE(read);
  return read.error().front().message;
}

std::string replaced(std::string text, const std::string& before, const std::string& after) {
  const auto at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.replace(at, before.size(), after);
}

}  // namespace

TEST_CASE("two builds side by side: same, slower, faster") {
  const auto same = compare(fake_runner(timed("2.0")), fake_runner(timed("2.0")));
  CHECK(judgement_of(same).verdict == Verdict::kSame);
  CHECK(same->rounds.size() == 11);
  const auto slower = compare(fake_runner(timed("2.0")), fake_runner(timed("2.1")));
  CHECK(judgement_of(slower).verdict == Verdict::kSlower);
  CHECK(judgement_of(slower).interval->ratio == doctest::Approx(1.05));
  CHECK(slower->rows.front().candidate_ms == 2.1);
  REQUIRE(slower->together);
  CHECK(slower->together->verdict == Verdict::kSlower);
  CHECK(judgement_of(compare(fake_runner(timed("2.1")), fake_runner(timed("2.0")))).verdict == Verdict::kFaster);
}

TEST_CASE("two builds side by side: wrong, missing, another protocol, a runner that tells no samples") {
  const auto wrong = compare(fake_runner(timed("2.0")), fake_runner(R"("status":"wrong","message":"leaks","ms":{"median":2},"samples":1)"));
  CHECK(judgement_of(wrong).verdict == Verdict::kWrong);
  CHECK(judgement_of(wrong).reason == "the candidate: wrong in 11 of 11 rounds: leaks");
  const auto missing = compare(fake_runner(timed("2.0")), fake_runner(R"("status":"unsupported","message":"no")"));
  CHECK(judgement_of(missing).verdict == Verdict::kMissing);
  const auto gone = compare(fake_runner(R"("status":"error","message":"no")"), fake_runner(timed("2.0")));
  CHECK(judgement_of(gone).reason == "the baseline: error in 11 of 11 rounds: no");
  const auto foreign = compare(fake_runner(timed("2.0")), fake_runner(timed("2.0"), 2));
  CHECK(judgement_of(foreign).verdict == Verdict::kMissing);
  CHECK(judgement_of(foreign).reason.find("another protocol version") != std::string::npos);
  // Both by their p05: the fastest of many samples is no match for it.
  const auto old = compare(fake_runner(R"("status":"ok","ms":{"median":3,"p05":2.0,"p95":4},"samples":9)"), fake_runner(timed("2.0")));
  CHECK(judgement_of(old).verdict == Verdict::kSame);
  CHECK_FALSE(compare(fake_runner(timed("2.0")), "exit 3"));
}

TEST_CASE("rounds go on while a case is ambiguous, at most to the limit") {
  // Every process has a time of its own, the next of a fixed series: nobody can tell 2 %.
  const testing::TemporaryFolder folder;
  const auto count = (folder.path() / "processes").string();
  const auto shaky = fake_runner(R"("status":"ok","ms":{"median":2,"p05":2,"p95":3},"samples":1,"samples_ms":['$((1000 + DRAWN_MS))'])");
  const auto command = "echo >> " + count + "; N=$(wc -l < " + count + "); DRAWN_MS=$((N * N * 7919 % 1009)); " + shaky;
  const auto result = compare(command, command);
  REQUIRE(result);
  CHECK(result->rounds.size() == 33);
}

TEST_CASE("a check that was stopped goes on from its finished rounds, a finished one starts anew") {
  const testing::TemporaryFolder folder;
  // The candidate starts once for its hello and once a round; the sixth start fails.
  const auto counter = folder.write("starts", "");
  const auto command = "echo x >> " + counter + "; [ $(wc -l < " + counter + ") -ne 6 ] || exit 3; " + fake_runner(timed("2.0"));
  const auto stopped = compare(fake_runner(timed("2.0")), command, folder.path() / "checks");
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().front().fault == core::Fault::kEnvironment);
  const auto resumed = compare(fake_runner(timed("2.0")), command, folder.path() / "checks");
  REQUIRE(resumed);
  CHECK(resumed->resumed == 4);
  CHECK(resumed->rounds.size() == 11);
  CHECK(compare(fake_runner(timed("2.0")), command, folder.path() / "checks")->resumed == 0);
}

TEST_CASE("rounds on disk survive a torn line, a full disk and another comparison") {
  const testing::TemporaryFolder folder;
  const auto path = [&] { return std::filesystem::directory_iterator(folder.path())->path(); };
  {
    auto log = RoundLog::open(folder.path(), "{\"key\":1}");
    REQUIRE(log);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(log->append(round_of(i, 2.5)));
  }
  std::ofstream(path(), std::ios::app) << R"({"round":3,"cases":[[{"status":"ok","sam)";
  {
    auto log = RoundLog::open(folder.path(), "{\"key\":1}");
    REQUIRE(log);
    REQUIRE(log->rounds().size() == 3);
    CHECK(log->rounds()[2].cases[1].sides[1].samples_ms == std::vector<double>{2.5, 2.75});
    CHECK(log->rounds()[2].cases[1].sides[1].clock_hz == 3e9);
    // No byte more fits: the round is refused, what was there stays.
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit full{std::filesystem::file_size(path()) + 20, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &full);
    const auto kept = log->append(round_of(3, 2.5));
    ::setrlimit(RLIMIT_FSIZE, &before);
    REQUIRE_FALSE(kept);
    CHECK(kept.error().front().fault == core::Fault::kEnvironment);
  }
  CHECK(RoundLog::open(folder.path(), "{\"key\":1}")->rounds().size() == 3);
  CHECK(RoundLog::open(folder.path(), "{\"key\":2}")->rounds().empty());
  CHECK(RoundLog::open(folder.path(), "{\"key\":1}")->rounds().size() == 3);
  CHECK_FALSE(parse_round(R"({"round":0,"cases":[[{"status":"fine"}]]})"));
  CHECK_FALSE(parse_round(R"({"round":0,"cases":[[{"status":"ok","samples_ms":[-1]}]]})"));
}

TEST_CASE("results of bench are read back, and refused when they were changed") {
  const testing::TemporaryFolder folder;
  const auto text = to_json(bench_result());
  const auto read = read_bench_file(folder.write("r.json", text));
  REQUIRE(read);
  CHECK(read->cases.size() == 2);
  CHECK(read->cases[1].rounds.size() == 11);
  CHECK(read->cases[1].rounds[3].samples_ms.front() == 2.003);
  CHECK(comparable(*read, "r.json", two_cases().name, suite_fingerprint(two_cases()), bench_result().device));

  CHECK(refusal(replaced(text, "2.003", "2.004")) == "edited or damaged: its checksum does not match");
  CHECK(refusal(replaced(text, "\"b\"", "\"c\"")) == "edited or damaged: its checksum does not match");
  CHECK(refusal(text.substr(0, text.size() / 2)) == "not JSON, or truncated");
  CHECK(refusal("{}") == "not a result of 'spanwise bench'");
  CHECK(refusal(replaced(text, "\"schema_version\": 2", "\"schema_version\": 1")).find("written by another version") != std::string::npos);
  auto bare = bench_result();
  bare.rounds.clear();
  CHECK(refusal(to_json(bare)) == "'a' holds no rounds, so nobody knows how far its times spread");

  auto other = two_cases();
  other.entries[0].shape.q_len = 65;
  CHECK(comparable(*read, "r.json", other.name, suite_fingerprint(other), read->device).error().front().message.find("other cases") != std::string::npos);
  auto elsewhere = read->device;
  elsewhere.identity = "there";
  CHECK(comparable(*read, "r.json", two_cases().name, suite_fingerprint(two_cases()), elsewhere).error().front().message.find("another machine") != std::string::npos);
}

TEST_CASE("two results of bench: slower, missing, wrong") {
  const auto baseline = bench_file(bench_result());
  auto candidate = baseline;
  ComparisonRules rules;
  CHECK(check_files(baseline, candidate, rules).count(Verdict::kSame) == 2);
  for (auto& process : candidate.cases[0].rounds) process.samples_ms = {process.samples_ms[0] * 1.04};
  candidate.cases[1].status = CaseStatus::kWrong;
  auto result = check_files(baseline, candidate, rules);
  CHECK(result.rows[0].judgement.verdict == Verdict::kSlower);
  CHECK(result.rows[1].judgement.verdict == Verdict::kWrong);
  candidate.cases.pop_back();
  CHECK(check_files(baseline, candidate, rules).rows[1].judgement.verdict == Verdict::kMissing);
}

TEST_CASE("other libraries' JSON holds the same times") {
  using nlohmann::json;
  const auto nv = json::parse(to_nvbench_json(bench_result()));
  const auto& state = nv.at("benchmarks").at(0).at("states").at(1);
  CHECK(state.at("axis_values").at(0).at("value") == "b");
  CHECK(state.at("summaries").at(1).at("tag") == "nv/cold/time/gpu/mean");
  CHECK(std::stod(state.at("summaries").at(1).at("data").at(0).at("value").get<std::string>()) == doctest::Approx(2e-3));
  const auto google = json::parse(to_google_benchmark_json(bench_result()));
  CHECK(google.at("benchmarks").size() == 6);
  CHECK(google.at("benchmarks").at(5).at("name") == "two/b");
  CHECK(google.at("benchmarks").at(5).at("real_time") == 2500);
  CHECK(google.at("benchmarks").at(5).at("time_unit") == "us");
}
