// SPDX-License-Identifier: Apache-2.0
// The regression check: two builds side by side, or a build against what was stored, or against the model.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "measure/bench_file.h"
#include "measure/comparison.h"
#include "measure/round_log.h"
#include "measure/rounds.h"

namespace spanwise::measure {

struct CheckRow {
  std::string name;
  double baseline_ms = 0, candidate_ms = 0;  // medians over the rounds; 0: none
  Judgement judgement;
};

struct CheckResult {
  std::string suite;
  std::string baseline, candidate;  // what they are, for people
  Hello baseline_device, candidate_device;
  std::vector<CheckRow> rows;
  std::optional<Judgement> together;  // all cases as one, side by side
  std::vector<Round> rounds;  // of a comparison side by side, baseline first
  BenchFile candidate_run;    // the candidate's times, as bench keeps them; measured now: its time and commit are empty
  std::size_t resumed = 0;    // rounds that an earlier, interrupted run had finished
  std::string note;           // anything that the reader should know of the whole; may be empty

  std::size_t count(Verdict verdict) const;
};

struct CheckLimits {
  std::size_t rounds = 11;      // at least
  std::size_t max_rounds = 33;  // more while a case is ambiguous
  double max_seconds = 600;     // no further round begins after that
  ComparisonRules rules;        // its cases and looks are filled in
  std::filesystem::path folder; // of finished rounds; empty: nowhere
};

using CheckProgress = std::function<void(std::size_t done, std::size_t total, const std::string& next)>;

// Two commands that speak the runner protocol, in alternating rounds of fresh processes. A runner with another protocol
// version makes every case `missing`. Errors: a runner that cannot be started, a disk that keeps no rounds, Ctrl-C (finished
// rounds are kept and the next run goes on from them).
core::Result<CheckResult> check_side_by_side(const Suite& suite, const std::string& baseline, const std::string& candidate,
                                             const CheckLimits& limits, const CheckProgress& progress);

// Two runs that were taken apart. Cases are matched by name and must be the same.
CheckResult check_files(const BenchFile& baseline, const BenchFile& candidate, const ComparisonRules& rules);

// Rounds of one build, for a file or for a look at the model, and the log that keeps them: whoever calls again with the same
// suite, build, command and purpose goes on from those that an interrupted run had finished.
core::Result<RoundLog> open_rounds(const std::filesystem::path& folder, const Suite& suite, const Hello& device, const std::string& command,
                                   const std::string& purpose);

// Until the log holds `count`. Errors as check_side_by_side; the log then holds what was finished.
core::Status take_rounds(const Suite& suite, const std::string& command, std::size_t count, RoundLog& log, const CheckProgress& progress);

// The judgement of one case of a comparison side by side (kinds: cpu, cuda; they decide what the time of a process is).
Judgement judge_case(const std::vector<Round>& rounds, std::size_t index, const std::string& device_kind, const ComparisonRules& rules);

}  // namespace spanwise::measure
