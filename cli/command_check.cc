// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/check_golden.h"
#include "cli/check_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "hwmodels/catalog.h"
#include "measure/check_model.h"
#include "sim/kernel_choice.h"

namespace spanwise::cli {
namespace {

using measure::CheckResult;
using measure::ComparisonRules;

enum class Way { kSideBySide, kFiles, kBaselineAndDevice, kModel };

core::Result<Way> way_of(const CheckOptions& o) {
  const bool devices = !o.baseline_device.empty() || !o.candidate_device.empty();
  const bool files = !o.baseline.empty() || !o.candidate.empty();
  const char* hint = "either --baseline-device A --candidate-device B, or --baseline FILE with --candidate FILE or --device D, or --device D alone";
  if (devices && (files || !o.device.empty())) return core::fail(core::Fault::kInput, "two builds side by side take --baseline-device and --candidate-device alone", hint);
  if (devices && (o.baseline_device.empty() || o.candidate_device.empty())) {
    return core::fail(core::Fault::kInput, o.baseline_device.empty() ? "--candidate-device needs --baseline-device" : "--baseline-device needs --candidate-device", hint);
  }
  if (devices) return Way::kSideBySide;
  if (!o.candidate.empty() && o.baseline.empty()) return core::fail(core::Fault::kInput, "--candidate needs --baseline", hint);
  if (!o.candidate.empty() && !o.device.empty()) return core::fail(core::Fault::kInput, "--candidate and --device contradict each other", "keep one of them");
  if (files && o.candidate.empty() && o.device.empty()) return core::fail(core::Fault::kInput, "--baseline needs --candidate or --device", hint);
  if (!o.candidate.empty()) return Way::kFiles;
  if (files) return Way::kBaselineAndDevice;
  if (o.device.empty()) return core::fail(core::Fault::kInput, "'check' needs something to compare", hint);
  return Way::kModel;
}

core::Result<ComparisonRules> rules_of(const CheckOptions& o) {
  double percent = 0;
  const auto* end = o.min_effect.data() + o.min_effect.size();
  const auto [rest, error] = std::from_chars(o.min_effect.data(), end, percent);
  if (error != std::errc{} || rest != end || !(percent > 0 && percent <= 100)) {
    return core::fail(core::Fault::kInput, fmt::format("--min-effect is '{}'", o.min_effect), "a number of percent above 0, at most 100");
  }
  ComparisonRules rules;
  rules.smallest_effect = percent / 100;
  return rules;
}

std::string rule_words(const ComparisonRules& rules) {
  return fmt::format("slower: the interval ({:g} % for the whole suite) excludes 1 and the ratio of times is at least {:g}", (1 - rules.suite_alpha) * 100, 1 + rules.smallest_effect);
}

core::Result<measure::Suite> suite_of(const std::string& name, const CommonOptions& common) {
  const auto path = hwmodels::find_data(name, "suite", "configs/suites", data_folders(common.data));
  if (!path) return path.error();
  return measure::read_suite(*path);
}

std::filesystem::path store_of(const CheckOptions& options) {
  if (!options.store.empty()) return options.store;
  const auto cache = core::user_cache_folder();
  return cache.empty() ? cache : cache / "checks";
}

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
  limits.folder = store_of(o);
  auto result = measure::check_side_by_side(*suite, device_command(o.baseline_device), device_command(o.candidate_device), limits, steps_of(progress));
  if (!result) return result;
  result->baseline = o.baseline_device;
  result->candidate = o.candidate_device;
  if (result->resumed > 0) result->note += fmt::format("{}{} rounds were kept by a check that was interrupted", result->note.empty() ? "" : "; ", result->resumed);
  return result;
}

core::Result<CheckResult> file_against_file(const CheckOptions& o, const ComparisonRules& rules) {
  const auto baseline = measure::read_bench_file(o.baseline);
  if (!baseline) return baseline.error();
  const auto candidate = measure::read_bench_file(o.candidate);
  if (!candidate) return candidate.error();
  if (baseline->device.identity != candidate->device.identity) {
    return core::fail_in(core::Fault::kInput, o.baseline,
                         fmt::format("measured on another machine than the candidate: {} ({}), not {} ({})", baseline->device.device_name,
                                     baseline->device.identity, candidate->device.device_name, candidate->device.identity), "times of two machines say nothing about two builds");
  }
  if (baseline->fingerprint != candidate->fingerprint) {
    return core::fail_in(core::Fault::kInput, o.baseline, fmt::format("other cases than the candidate's: suite '{}' ({}), not '{}' ({})", baseline->suite,
                         baseline->fingerprint, candidate->suite, candidate->fingerprint), "measure both with the same suite");
  }
  auto result = measure::check_files(*baseline, *candidate, rules);
  result.baseline = o.baseline;
  result.candidate = o.candidate;
  return result;
}

// Rounds of one build as a result of bench.
core::Result<measure::SuiteResult> bench_rounds(const measure::Suite& suite, const std::string& device, std::size_t rounds, std::size_t first) {
  const auto command = device_command(device);
  const auto runner = measure::RunnerClient::start(command);
  if (!runner) return runner.error();
  measure::SuiteResult result;
  result.suite = suite.name;
  result.device = runner->hello();
  result.fingerprint = suite_fingerprint(suite);
  Progress progress("check " + suite.name);
  auto taken = measure::take_rounds(suite, command, rounds, first, steps_of(progress));
  if (!taken) return taken.error();
  result.rounds = std::move(*taken);
  if (result.rounds.empty()) return core::fail(core::Fault::kInterrupted, "interrupted");
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
  {
    const auto runner = measure::RunnerClient::start(device_command(o.device));
    if (!runner) return runner.error();
    if (auto good = measure::comparable(*baseline, o.baseline, *suite, runner->hello()); !good) return good.error();
  }
  const auto candidate = bench_rounds(*suite, o.device, static_cast<std::size_t>(o.rounds), 0);
  if (!candidate) return candidate.error();
  auto result = measure::check_files(*baseline, bench_file(*candidate), rules);
  result.baseline = o.baseline;
  result.candidate = o.device;
  result.note = "measured at another time than the baseline: what changed on the machine since then is in the ratio, too";
  return result;
}

core::Result<std::vector<measure::Judgement>> against_model(const measure::Suite& suite, const CheckOptions& o, std::size_t first,
                                                            const std::vector<core::Result<sim::Choice>>& predicted) {
  const auto taken = bench_rounds(suite, o.device, static_cast<std::size_t>(o.rounds), first);
  if (!taken) return taken.error();
  std::vector<measure::Judgement> judgements;
  for (std::size_t i = 0; i < suite.entries.size(); ++i) {
    measure::Judgement judgement;
    const auto& m = taken->rows[i].measurement;
    if (m.status != measure::CaseStatus::kOk) {
      judgement.verdict = m.status == measure::CaseStatus::kWrong ? measure::Verdict::kWrong : measure::Verdict::kMissing;
      judgement.reason = fmt::format("{}: {}", measure::name(m.status), m.message);
    } else if (!predicted[i]) {
      judgement.verdict = measure::Verdict::kMissing;
      judgement.reason = "no prediction: " + predicted[i].error().front().message;
    } else {
      std::vector<double> times;
      for (const auto& round : taken->rounds) times.push_back(measure::process_ms(round.cases[i].sides.front(), taken->device.device_kind));
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
  auto judgements = against_model(*suite, o, 0, predicted);
  if (!judgements) return judgements.error();
  const bool finding = std::any_of(judgements->begin(), judgements->end(), [](const auto& j) { return j.verdict == measure::Verdict::kSlower || j.verdict == measure::Verdict::kFaster; });
  if (finding) {
    const auto again = against_model(*suite, o, static_cast<std::size_t>(o.rounds), predicted);
    if (!again) return again.error();
    for (std::size_t i = 0; i < judgements->size(); ++i) (*judgements)[i] = measure::confirmed((*judgements)[i], (*again)[i]);
  }
  CheckResult result;
  result.suite = suite->name;
  result.baseline = "the model of " + device->machine.name;
  result.candidate = o.device;
  for (std::size_t i = 0; i < judgements->size(); ++i) {
    measure::CheckRow row;
    row.name = suite->entries[i].name;
    row.judgement = (*judgements)[i];
    if (predicted[i]) row.baseline_ms = predicted[i]->estimate.time.value * 1e3;
    if (row.judgement.interval) row.candidate_ms = row.baseline_ms * row.judgement.interval->ratio;
    result.rows.push_back(std::move(row));
  }
  return result;
}

core::Result<CheckResult> run_way(Way way, const CommonOptions& common, const CheckOptions& o, const ComparisonRules& rules) {
  switch (way) {
    case Way::kSideBySide: return side_by_side(common, o, rules);
    case Way::kFiles: return file_against_file(o, rules);
    case Way::kBaselineAndDevice: return baseline_and_device(common, o, rules);
    case Way::kModel: return check_model(common, o);
  }
  throw core::InternalError("run_way");
}

core::Status write_files(const CheckOptions& o, const std::string& json, const reports::Regression& regression) {
  if (!o.output.empty()) {
    if (auto done = core::write_file_atomically(o.output, json); !done) return done;
  }
  if (!o.junit.empty()) return core::write_file_atomically(o.junit, reports::render_junit(regression));
  return core::Done{};
}

}  // namespace

core::Result<int> run_check(const CommonOptions& common, const CheckOptions& options) {
  if (!options.golden.empty()) return check_golden(common, options.golden, options.update_golden);
  const auto way = way_of(options);
  if (!way) return way.error();
  const auto rules = rules_of(options);
  if (!rules) return rules.error();
  const auto result = run_way(*way, common, options, *rules);
  if (!result) return result.error();
  const auto rule = *way == Way::kModel ? std::string("a finding: beyond the model's 99.9 % interval for the whole suite, twice") : rule_words(*rules);
  const auto regression = regression_of(*result, {options.strict, options.wrong_only}, rule);
  const auto json = check_json(*result, regression);
  if (auto written = write_files(options, json, regression); !written) return written.error();
  if (options.annotations) print_result(reports::render_annotations(regression, true));
  if (common.json) {
    print_result(json);
  } else if (common.markdown) {
    print_result(reports::render_markdown(regression));
  } else {
    print_result(reports::render_terminal(regression, terminal_columns(), wants_color()));
  }
  return reports::failed(regression) ? 1 : 0;
}

}  // namespace spanwise::cli
