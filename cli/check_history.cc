// SPDX-License-Identifier: Apache-2.0
#include "cli/check_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "cli/console.h"
#include "core/file.h"
#include "measure/comparison.h"
#include "measure/history.h"
#include "measure/steps.h"
#include "reports/history.h"

namespace spanwise::cli {
namespace {

using measure::HistoryEntry;

constexpr double kAnyStep = 0.01;  // the chance of any in a machine's whole suite

using Runs = std::vector<const HistoryEntry*>;  // of one case, by time

std::string reason_of(const HistoryEntry& before, const HistoryEntry& after, double ratio) {
  auto text = ratio > 1 ? fmt::format("{:.1f} % slower", (ratio - 1) * 100) : fmt::format("{:.1f} % less time", (1 - ratio) * 100);
  if (before.build == after.build && !after.build.empty()) text += ", by the same build: the machine changed";
  return text;
}

reports::HistoryStep report_step(const Runs& runs, const measure::Step& step) {
  const auto &before = *runs[step.at - 1], &after = *runs[step.at];
  return {after.name,     after.time,    before.commit,  after.commit, step.interval.ratio, step.interval.low, step.interval.high, step.before_ms,
          step.after_ms, step.before, step.after, reason_of(before, after, step.interval.ratio)};
}

// `cases`: of one machine and suite. `slow`: whether the latest step of any case is to longer times.
reports::HistoryGroup report_group(const std::vector<Runs>& cases, double smallest_effect, bool& slow) {
  reports::HistoryGroup group;
  group.cases = cases.size();
  std::set<std::string> times;
  for (const auto& runs : cases) {
    for (const auto* run : runs) times.insert(run->time);
    group.short_cases += runs.size() < 2 * measure::kRunsBesideAStep ? 1 : 0;
  }
  group.runs = times.size();
  group.first = *times.begin(), group.last = *times.rbegin();
  const auto& newest = *cases.front().back();
  group.suite = newest.suite, group.device = newest.device, group.machine = newest.machine;
  const measure::StepRules rules{kAnyStep / static_cast<double>(std::max<std::size_t>(1, group.cases - group.short_cases)), smallest_effect};
  for (const auto& runs : cases) {
    std::vector<double> ms;
    for (const auto* run : runs) ms.push_back(run->ms);
    const auto steps = measure::find_steps(ms, rules);
    slow = slow || (!steps.empty() && steps.back().interval.ratio > 1);
    for (const auto& step : steps) group.steps.push_back(report_step(runs, step));
  }
  std::stable_sort(group.steps.begin(), group.steps.end(), [](const auto& a, const auto& b) { return a.when < b.when; });
  return group;
}

}  // namespace

std::filesystem::path store_folder(const std::string& given) {
  if (!given.empty()) return given;
  const auto cache = core::user_cache_folder();
  return cache.empty() ? cache : cache / "checks";
}

core::Status keep_in_history(const std::string& store, const measure::BenchFile& run) {
  const auto folder = store_folder(store);
  if (folder.empty()) return core::fail(core::Fault::kEnvironment, "no home folder for the history", "name one with --store DIR");
  const auto entries = measure::history_of(run);
  if (entries.empty()) {
    return core::fail(core::Fault::kInput, "nothing to keep in the history: no case was timed in every round",
                      fmt::format("at least --rounds {}", measure::kLeastRounds));
  }
  return measure::append_history(folder, entries);
}

core::Result<int> check_history(const CommonOptions& common, const CheckOptions& options, double smallest_effect) {
  const auto folder = store_folder(options.store);
  const auto history = measure::read_history(folder);
  if (!history) return history.error();
  // Machine, suite; then the case and its shape.
  std::map<std::pair<std::string, std::string>, std::map<std::pair<std::string, std::string>, Runs>> groups;
  for (const auto& entry : history->entries) {
    if (!options.suite.empty() && options.suite != entry.suite) continue;
    groups[{entry.machine, entry.suite}][{entry.name, entry.shape}].push_back(&entry);
  }
  if (groups.empty()) {
    return core::fail_in(core::Fault::kInput, folder.string(), options.suite.empty() ? "no history there" : fmt::format("no history of suite '{}' there", options.suite),
                         "runs are kept by 'spanwise bench SUITE --rounds 11 --to-history'");
  }
  reports::HistoryReport report;
  report.rule = fmt::format("a step: times of other rank on its two sides ({:g} % chance of any in a suite without), and a ratio of at least {:g}; at least {} runs a side",
                            kAnyStep * 100, 1 + smallest_effect, measure::kRunsBesideAStep);
  if (history->damaged > 0) report.note = fmt::format("{} damaged lines were passed over", history->damaged);
  bool slow = false;
  for (const auto& [key, by_case] : groups) {
    std::vector<Runs> cases;
    for (const auto& [name, runs] : by_case) cases.push_back(runs);
    report.groups.push_back(report_group(cases, smallest_effect, slow));
  }
  const auto json = reports::render_json(report);
  if (!options.output.empty()) {
    if (auto done = core::write_file_atomically(options.output, json); !done) return done.error();
  }
  print_result(common.json ? json : common.markdown ? reports::render_markdown(report) : reports::render_terminal(report, terminal_columns(), wants_color()));
  return options.strict && slow ? 1 : 0;
}

}  // namespace spanwise::cli
