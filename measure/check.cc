// SPDX-License-Identifier: Apache-2.0
#include "measure/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/interrupt.h"
#include "core/statistics.h"
#include "measure/round_log.h"
#include "measure/runner_client.h"

namespace spanwise::measure {
namespace {

constexpr std::size_t kBaseline = 0, kCandidate = 1;
constexpr std::size_t kRoundsALook = 11;  // between two looks at growing data
constexpr const char* kSides[] = {"the baseline", "the candidate"};

using Clock = std::chrono::steady_clock;

// What one side has to say about a case besides times: nothing when every round went well.
std::optional<Judgement> failure(const std::vector<Round>& rounds, std::size_t index, std::size_t side) {
  std::size_t failed = 0;
  const ProcessTimes* last = nullptr;
  for (const auto& round : rounds) {
    const auto& times = round.cases[index].sides[side];
    if (times.status == CaseStatus::kOk) continue;
    ++failed;
    if (last == nullptr || times.status == CaseStatus::kWrong) last = &times;
  }
  if (last == nullptr) return std::nullopt;
  Judgement judgement;
  judgement.rounds = rounds.size();
  const bool wrong = last->status == CaseStatus::kWrong && side == kCandidate;
  judgement.verdict = wrong ? Verdict::kWrong : Verdict::kMissing;
  judgement.reason = fmt::format("{}: {} in {} of {} rounds", kSides[side], name(last->status), failed, rounds.size());
  if (!last->message.empty()) judgement.reason += ": " + last->message;
  return judgement;
}

std::vector<PairedTimes> pairs_of(const std::vector<Round>& rounds, std::size_t index, const std::string& device_kind) {
  std::vector<PairedTimes> pairs;
  for (const auto& round : rounds) {
    auto a = round.cases[index].sides[kBaseline], b = round.cases[index].sides[kCandidate];
    // A runner of an older build tells no samples: both by what both tell.
    if (a.samples_ms.empty() || b.samples_ms.empty()) a.samples_ms.clear(), b.samples_ms.clear(), a.slices_ms.clear(), b.slices_ms.clear();
    pairs.push_back({process_ms(a, device_kind), process_ms(b, device_kind), a.clock_hz.value_or(0), b.clock_hz.value_or(0), paired_slices(a, b)});
  }
  return pairs;
}

CheckRow row_of(const Suite& suite, const std::vector<Round>& rounds, std::size_t index, const std::string& device_kind, const ComparisonRules& rules) {
  CheckRow row;
  row.name = suite.entries[index].name;
  row.judgement = judge_case(rounds, index, device_kind, rules);
  std::vector<double> baseline, candidate;
  for (const auto& pair : pairs_of(rounds, index, device_kind)) {
    if (pair.baseline_ms > 0) baseline.push_back(pair.baseline_ms);
    if (pair.candidate_ms > 0) candidate.push_back(pair.candidate_ms);
  }
  row.baseline_ms = core::median(baseline);
  row.candidate_ms = core::median(candidate);
  return row;
}

std::vector<CheckRow> rows_of(const Suite& suite, const std::vector<Round>& rounds, const std::string& device_kind, const ComparisonRules& rules) {
  std::vector<CheckRow> rows;
  for (std::size_t i = 0; i < suite.entries.size(); ++i) rows.push_back(row_of(suite, rounds, i, device_kind, rules));
  return rows;
}

// What the cases with times say together.
std::optional<Judgement> together(const std::vector<CheckRow>& rows, const std::vector<Round>& rounds, const std::string& device_kind, const ComparisonRules& rules) {
  std::vector<std::vector<PairedTimes>> cases;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto verdict = rows[i].judgement.verdict;
    if (verdict != Verdict::kMissing && verdict != Verdict::kWrong) cases.push_back(pairs_of(rounds, i, device_kind));
  }
  if (cases.size() < 2) return std::nullopt;
  return judge_together(cases, rules);
}

// How many looks there have been once `rounds` are done, the first at `least`.
std::size_t looks_at(std::size_t rounds, const CheckLimits& limits) {
  return rounds <= limits.rounds ? 1 : 1 + (rounds - limits.rounds + kRoundsALook - 1) / kRoundsALook;
}

std::string log_key(const Suite& suite, const Hello& a, const Hello& b, const std::string& baseline, const std::string& candidate) {
  const nlohmann::ordered_json key = {{"schema", "spanwise/rounds"}, {"schema_version", 1}, {"suite", suite_fingerprint(suite)},
                                      {"device", {a.identity, b.identity}}, {"build", {a.build, b.build}}, {"command", {baseline, candidate}}};
  return key.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// What bench would keep of the candidate.
BenchFile run_of(const Suite& suite, const CheckResult& result) {
  BenchFile run{suite.name, suite_fingerprint(suite), result.candidate_device, "", "", {}};
  for (std::size_t i = 0; i < suite.entries.size(); ++i) {
    BenchCase one{suite.entries[i].name, patterns::to_json(suite.entries[i].shape), CaseStatus::kOk, "", {}};
    for (const auto& round : result.rounds) {
      one.rounds.push_back(round.cases[i].sides[kCandidate]);
      if (one.rounds.back().status != CaseStatus::kOk) one.status = one.rounds.back().status;
    }
    run.cases.push_back(std::move(one));
  }
  return run;
}

CheckResult all_missing(const Suite& suite, CheckResult result, const std::string& reason) {
  for (const auto& entry : suite.entries) {
    CheckRow row;
    row.name = entry.name;
    row.judgement.verdict = Verdict::kMissing;
    row.judgement.reason = reason;
    result.rows.push_back(std::move(row));
  }
  return result;
}

// A runner that starts but speaks another protocol.
bool breaks_protocol(const core::Diagnostics& reasons) { return reasons.front().message.starts_with("the runner broke the protocol"); }

}  // namespace

std::size_t CheckResult::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const CheckRow& row) { return row.judgement.verdict == verdict; }));
}

Judgement judge_case(const std::vector<Round>& rounds, std::size_t index, const std::string& device_kind, const ComparisonRules& rules) {
  if (auto failed = failure(rounds, index, kCandidate)) return *failed;
  if (auto failed = failure(rounds, index, kBaseline)) return *failed;
  return judge_pairs(pairs_of(rounds, index, device_kind), rules);
}

core::Result<CheckResult> check_side_by_side(const Suite& suite, const std::string& baseline, const std::string& candidate,
                                             const CheckLimits& limits, const CheckProgress& progress) {
  const std::vector<std::string> commands = {baseline, candidate};
  CheckResult result;
  result.suite = suite.name;
  Hello* const hellos[] = {&result.baseline_device, &result.candidate_device};
  for (std::size_t side = 0; side < commands.size(); ++side) {
    auto runner = RunnerClient::start(commands[side]);
    if (!runner && breaks_protocol(runner.error())) return all_missing(suite, std::move(result), fmt::format("{}: {}", kSides[side], runner.error().front().message));
    if (!runner) return runner.error();
    *hellos[side] = runner->hello();
  }
  if (result.baseline_device.identity != result.candidate_device.identity) result.note = "the two sides ran on different devices: the ratio is of devices as well";
  auto log = RoundLog::open(limits.folder, log_key(suite, result.baseline_device, result.candidate_device, baseline, candidate));
  if (!log) return log.error();
  result.resumed = log->resumed();
  const auto most = std::max(limits.rounds, limits.max_rounds);
  auto rules = limits.rules;
  rules.cases = suite.entries.size() + 1;  // and all of them together
  rules.looks = looks_at(most, limits);
  const auto begin = Clock::now();
  for (std::size_t goal = limits.rounds;; goal = std::min(goal + kRoundsALook, most)) {
    bool in_time = true;
    while (log->rounds().size() < goal && in_time) {
      const auto number = log->rounds().size();
      progress(number, goal, fmt::format("round {}", number + 1));
      auto round = run_round(commands, suite, number, {.check = number == 0});
      if (!round) return round.error();
      if (auto kept = log->append(std::move(*round)); !kept) return kept.error();
      in_time = log->rounds().size() < limits.rounds || std::chrono::duration<double>(Clock::now() - begin).count() < limits.max_seconds;
    }
    rules.look = looks_at(log->rounds().size(), limits) - 1;
    result.rows = rows_of(suite, log->rounds(), result.candidate_device.device_kind, rules);
    result.together = together(result.rows, log->rounds(), result.candidate_device.device_kind, rules);
    if (result.count(Verdict::kAmbiguous) == 0 || !in_time || log->rounds().size() >= most) break;
  }
  result.rounds = log->rounds();
  result.candidate_run = run_of(suite, result);
  if (auto finished = log->finish(); !finished) return finished.error();
  return result;
}

core::Result<RoundLog> open_rounds(const std::filesystem::path& folder, const Suite& suite, const Hello& device, const std::string& command,
                                   const std::string& purpose) {
  const nlohmann::ordered_json key = {{"rounds", purpose}, {"suite", suite_fingerprint(suite)}, {"device", device.identity}, {"build", device.build}, {"command", command}};
  return RoundLog::open(folder, key.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

core::Status take_rounds(const Suite& suite, const std::string& command, std::size_t count, RoundLog& log, const CheckProgress& progress) {
  while (log.rounds().size() < count) {
    if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted");
    const auto number = log.rounds().size();
    progress(number, count, fmt::format("round {}", number + 1));
    auto round = run_round(std::span(&command, 1), suite, number, {.check = number == 0});
    if (!round) return round.error();
    if (auto kept = log.append(std::move(*round)); !kept) return kept;
  }
  return core::Done{};
}

CheckResult check_files(const BenchFile& baseline, const BenchFile& candidate, const ComparisonRules& given) {
  CheckResult result;
  result.suite = baseline.suite;
  result.baseline_device = baseline.device;
  result.candidate_device = candidate.device;
  result.candidate_run = candidate;
  auto rules = given;
  rules.cases = baseline.cases.size();
  const auto& kind = candidate.device.device_kind;
  for (const auto& before : baseline.cases) {
    CheckRow row;
    row.name = before.name;
    const auto after = std::find_if(candidate.cases.begin(), candidate.cases.end(), [&](const BenchCase& c) { return c.name == before.name; });
    const auto times = [&](const BenchCase& one) {
      std::vector<double> all;
      for (const auto& process : one.rounds) all.push_back(process.status == CaseStatus::kOk ? process_ms(process, kind) : 0);
      return all;
    };
    auto& verdict = row.judgement.verdict;
    if (after == candidate.cases.end()) {
      verdict = Verdict::kMissing;
      row.judgement.reason = "the candidate does not have it";
    } else if (after->status == CaseStatus::kWrong) {
      verdict = Verdict::kWrong;
      row.judgement.reason = after->message;
    } else if (after->status != CaseStatus::kOk || before.status != CaseStatus::kOk) {
      const bool candidate_failed = after->status != CaseStatus::kOk;
      const auto& failed = candidate_failed ? *after : before;
      verdict = Verdict::kMissing;
      row.judgement.reason = fmt::format("{}: {}: {}", kSides[candidate_failed ? kCandidate : kBaseline], name(failed.status), failed.message);
    } else {
      row.judgement = judge_apart(times(before), times(*after), rules);
      row.baseline_ms = core::median(times(before));
      row.candidate_ms = core::median(times(*after));
    }
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace spanwise::measure
