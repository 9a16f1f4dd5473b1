// SPDX-License-Identifier: Apache-2.0
// The history on disk: what is kept, what survives, what is passed over.
#include "measure/history.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include "measure/append.h"
#include "tests/support/sample_files.h"

using namespace spanwise;
using namespace spanwise::measure;

namespace {

BenchFile run_on(const std::string& machine, const std::string& time, double ms, std::size_t rounds = 11) {
  BenchFile run;
  run.suite = "a suite/with ..";
  run.device.identity = machine;
  run.device.device_kind = "cpu";
  run.created = time;
  run.commit = "c" + time;
  for (const char* name : {"a", "b"}) {
    BenchCase one{name, std::string("shape of ") + name, CaseStatus::kOk, "", {}};
    for (std::size_t i = 0; i < rounds; ++i) one.rounds.push_back({CaseStatus::kOk, "", {ms + static_cast<double>(i), 99}, {}, {}, {}, {}});
    run.cases.push_back(one);
  }
  return run;
}

std::filesystem::path only_file(const std::filesystem::path& folder) { return std::filesystem::directory_iterator(folder)->path(); }

}  // namespace

TEST_CASE("a run's median has an interval of order statistics; what failed or has few rounds is left out") {
  auto run = run_on("here", "2026-01-01T00:00:00Z", 10);
  run.cases[1].rounds[3].status = CaseStatus::kCrashed;
  const auto entries = history_of(run);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].ms == 15);
  CHECK(entries[0].low_ms == 11);   // P(at most 1 of 11 below the median) * 2 = 1.2 %; at most 2: 6.5 %
  CHECK(entries[0].high_ms == 19);
  CHECK(entries[0].rounds == 11);
  CHECK(history_of(run_on("here", "t", 10, 4)).empty());
  CHECK(history_of(run_on("here", "t", 10, 5)).front().low_ms == 10);
}

TEST_CASE("entries come back in the order of time, machines in files of their own, doubles once, damaged lines not at all") {
  const testing::TemporaryFolder folder;
  CHECK(read_history(folder.path() / "none")->entries.empty());
  REQUIRE(append_history(folder.path(), history_of(run_on("here", "2026-01-02T00:00:00Z", 11))));
  REQUIRE(append_history(folder.path(), history_of(run_on("here", "2026-01-01T00:00:00Z", 10))));
  const auto file = only_file(folder.path());
  REQUIRE(append_history(folder.path(), history_of(run_on("there", "2026-01-03T00:00:00Z", 12))));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
  folder.write("copy.history.jsonl", testing::read_text(file));
  auto history = read_history(folder.path());
  REQUIRE(history);
  REQUIRE(history->entries.size() == 6);
  CHECK(history->damaged == 0);
  CHECK(history->entries[0].ms == 15);
  CHECK(history->entries[0].commit == "c2026-01-01T00:00:00Z");
  CHECK(history->entries[0].machine == "here");
  CHECK(history->entries[5].machine == "there");
  CHECK(history->entries[0].shape != history->entries[1].shape);

  auto text = testing::read_text(file);
  text.replace(text.find("\"ms\":16"), 7, "\"ms\":17");
  folder.write("edited.history.jsonl", text + "{\"time\":");
  history = read_history(folder.path());
  CHECK(history->entries.size() == 6);
  CHECK(history->damaged == 2);
}

TEST_CASE("a full disk takes no entry and loses none; a torn line costs itself alone") {
  const testing::TemporaryFolder folder;
  const auto entries = history_of(run_on("here", "2026-01-01T00:00:00Z", 10));
  REQUIRE(append_history(folder.path(), entries));
  const auto file = only_file(folder.path());
  const auto before = testing::read_text(file);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ::getrlimit(RLIMIT_FSIZE, &unlimited);
  const rlimit full{before.size() + 100, unlimited.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto kept = append_history(folder.path(), history_of(run_on("here", "2026-01-02T00:00:00Z", 10)));
  ::setrlimit(RLIMIT_FSIZE, &unlimited);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().front().fault == core::Fault::kEnvironment);
  CHECK(testing::read_text(file) == before);
  CHECK_FALSE(append_lines("/dev/full", "a line\n", "a line"));

  std::ofstream(file, std::ios::app) << "{\"time\":\"20";
  REQUIRE(append_history(folder.path(), history_of(run_on("here", "2026-01-03T00:00:00Z", 10))));
  const auto history = read_history(folder.path());
  CHECK(history->entries.size() == 4);
  CHECK(history->damaged == 1);
}
