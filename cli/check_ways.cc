// SPDX-License-Identifier: Apache-2.0
#include "cli/check_ways.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/check_history.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "hwmodels/catalog.h"
#include "sim/kernel_choice.h"

namespace spanwise::cli {
namespace {

using measure::CheckResult;
using measure::ComparisonRules;

core::Result<measure::Suite> suite_of(const std::string& name, const CommonOptions& common) {
  const auto path = hwmodels::find_data(name, "suite", "configs/suites", data_folders(common.data));
  if (!path) return path.error();
  return measure::read_suite(*path);
}

std::string kept_words(std::size_t rounds) { return fmt::format("{} rounds were kept by a check that was interrupted", rounds); }

measure::CheckProgress steps_of(Progress& progress) {
  return [&progress](std::size_t done, std::size_t total, const std::string& next) { progress.step(done, total, next); };
}

core::Result<CheckResult> side_by_side(const CommonOptions& common, const CheckOptions& o, const ComparisonRules& rules) {
  const auto suite = suite_of(o.suite.empty() ? "quick" : o.suite, common);
  if (!suite) return suite.error();
  Progress progress("check " + suite->name);
  measure::CheckLimits limits;
  limits.rounds = static_cast<std::size_t>(o.rounds);
  limits.max_rounds = static_cast<std::size_t>(std::max(o.rounds, o.max_rounds));
  limits.max_seconds = static_cast<double>(o.max_seconds);
  limits.rules = rules;
  limits.folder = store_folder(o.store);
  auto result = measure::check_side_by_side(*suite, device_command(o.baseline_device), device_command(o.candidate_device), limits, steps_of(progress));
  if (!result) return result;
  result->baseline = o.baseline_device;
  result->candidate = o.candidate_device;
  if (result->resumed > 0) result->note += (result->note.empty() ? "" : "; ") + kept_words(result->resumed);
  return result;
}

core::Result<CheckResult> file_against_file(const CheckOptions& o, const ComparisonRules& rules) {
  const auto baseline = measure::read_bench_file(o.baseline);
  if (!baseline) return baseline.error();
  const auto candidate = measure::read_bench_file(o.candidate);
  if (!candidate) return candidate.error();
  if (auto good = measure::comparable(*baseline, o.baseline, candidate->suite, candidate->fingerprint, candidate->device); !good) {
    return good.error();
  }
  auto result = measure::check_files(*baseline, *candidate, rules);
  result.baseline = o.baseline;
  result.candidate = o.candidate;
  return result;
}

// One build that is timed by itself, with the rounds that it has.
struct OneBuild {
  std::string command;
  measure::Hello device;
  measure::RoundLog log;
};

core::Result<OneBuild> open_build(const measure::Suite& suite, const CheckOptions& o, const std::string& purpose) {
  OneBuild build;
  build.command = device_command(o.device);
  const auto runner = measure::RunnerClient::start(build.command);
  if (!runner) return runner.error();
  build.device = runner->hello();
  auto log = measure::open_rounds(store_folder(o.store), suite, build.device, build.command, purpose);
  if (!log) return log.error();
  build.log = std::move(*log);
  return build;
}

// Its rounds [first, first + count) as a result of bench; those that it does not have are taken.
core::Result<measure::SuiteResult> bench_rounds(const measure::Suite& suite, OneBuild& build, std::size_t first, std::size_t count) {
  measure::SuiteResult result;
  result.suite = suite.name;
  result.device = build.device;
  result.fingerprint = suite_fingerprint(suite);
  Progress progress("check " + suite.name);
  if (auto taken = measure::take_rounds(suite, build.command, first + count, build.log, steps_of(progress)); !taken) return taken.error();
  const auto begin = build.log.rounds().begin() + static_cast<std::ptrdiff_t>(first);
  result.rounds.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < suite.entries.size(); ++i) {
    auto& row = result.rows.emplace_back();
    row.name = suite.entries[i].name;
    row.shape = suite.entries[i].shape;
    row.measurement.status = measure::CaseStatus::kOk;
    for (const auto& round : result.rounds) {
      const auto& times = round.cases[i].sides.front();
      if (times.status == measure::CaseStatus::kOk) continue;
      row.measurement.status = times.status;
      row.measurement.message = times.message;
      if (times.status == measure::CaseStatus::kWrong) break;
    }
  }
  return result;
}

core::Result<CheckResult> baseline_and_device(const CommonOptions& common, const CheckOptions& o, const ComparisonRules& rules) {
  const auto baseline = measure::read_bench_file(o.baseline);
  if (!baseline) return baseline.error();
  const auto suite = suite_of(o.suite.empty() ? baseline->suite : o.suite, common);
  if (!suite) return suite.error();
  auto build = open_build(*suite, o, "baseline");
  if (!build) return build.error();
  if (auto good = measure::comparable(*baseline, o.baseline, suite->name, measure::suite_fingerprint(*suite), build->device); !good) return good.error();
  const auto candidate = bench_rounds(*suite, *build, 0, static_cast<std::size_t>(o.rounds));
  if (!candidate) return candidate.error();
  auto result = measure::check_files(*baseline, bench_file(*candidate), rules);
  result.baseline = o.baseline;
  result.candidate = o.device;
  result.note = "measured at another time than the baseline: what changed on the machine since then is in the ratio, too";
  if (build->log.resumed() > 0) result.note += "; " + kept_words(build->log.resumed());
  if (auto finished = build->log.finish(); !finished) return finished.error();
  return result;
}

// Of one batch of rounds.
std::vector<measure::Judgement> against_model(const measure::Suite& suite, const measure::SuiteResult& taken, const std::vector<core::Result<sim::Choice>>& predicted) {
  std::vector<measure::Judgement> judgements;
  for (std::size_t i = 0; i < suite.entries.size(); ++i) {
    measure::Judgement judgement;
    const auto& m = taken.rows[i].measurement;
    if (m.status != measure::CaseStatus::kOk) {
      judgement.verdict = m.status == measure::CaseStatus::kWrong ? measure::Verdict::kWrong : measure::Verdict::kMissing;
      judgement.reason = fmt::format("{}: {}", measure::name(m.status), m.message);
    } else if (!predicted[i]) {
      judgement.verdict = measure::Verdict::kMissing;
      judgement.reason = "no prediction: " + predicted[i].error().front().message;
    } else {
      std::vector<double> times;
      for (const auto& round : taken.rounds) times.push_back(measure::process_ms(round.cases[i].sides.front(), taken.device.device_kind));
      const auto& e = predicted[i]->estimate;
      judgement = measure::judge_model(times, {e.time.value * 1e3, e.low.value * 1e3, e.high.value * 1e3}, suite.entries.size());
    }
    judgements.push_back(std::move(judgement));
  }
  return judgements;
}

core::Result<CheckResult> check_model(const CommonOptions& common, const CheckOptions& o) {
  const auto suite = suite_of(o.suite.empty() ? "quick" : o.suite, common);
  if (!suite) return suite.error();
  auto session = Session::open(common);
  if (!session) return session.error();
  auto device = (*session)->device(o.device);
  if (!device) return device.error();
  const auto pricing = (*session)->pricing(device->machine);
  std::vector<core::Result<sim::Choice>> predicted;
  for (const auto& entry : suite->entries) predicted.push_back(sim::choose_kernel(entry.shape, pricing));
  auto build = open_build(*suite, o, "model");
  if (!build) return build.error();
  const auto rounds = static_cast<std::size_t>(o.rounds);
  const auto taken = bench_rounds(*suite, *build, 0, rounds);
  if (!taken) return taken.error();
  auto judgements = against_model(*suite, *taken, predicted);
  const bool finding = std::any_of(judgements.begin(), judgements.end(), [](const auto& j) { return j.verdict == measure::Verdict::kSlower || j.verdict == measure::Verdict::kFaster; });
  if (finding) {
    const auto more = bench_rounds(*suite, *build, rounds, rounds);
    if (!more) return more.error();
    const auto again = against_model(*suite, *more, predicted);
    for (std::size_t i = 0; i < judgements.size(); ++i) judgements[i] = measure::confirmed(judgements[i], again[i]);
  }
  CheckResult result;
  result.candidate_run = bench_file(*taken);
  if (build->log.resumed() > 0) result.note = kept_words(build->log.resumed());
  result.suite = suite->name;
  result.baseline = "the model of " + device->machine.name;
  result.candidate = o.device;
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    measure::CheckRow row;
    row.name = suite->entries[i].name;
    row.judgement = judgements[i];
    if (predicted[i]) row.baseline_ms = predicted[i]->estimate.time.value * 1e3;
    if (row.judgement.interval) row.candidate_ms = row.baseline_ms * row.judgement.interval->ratio;
    result.rows.push_back(std::move(row));
  }
  if (auto finished = build->log.finish(); !finished) return finished.error();
  return result;
}

}  // namespace

core::Result<CheckResult> run_check_way(CheckWay way, const CommonOptions& common, const CheckOptions& o, const ComparisonRules& rules) {
  switch (way) {
    case CheckWay::kSideBySide: return side_by_side(common, o, rules);
    case CheckWay::kFiles: return file_against_file(o, rules);
    case CheckWay::kBaselineAndDevice: return baseline_and_device(common, o, rules);
    case CheckWay::kModel: return check_model(common, o);
  }
  throw core::InternalError("run_check_way");
}

}  // namespace spanwise::cli
