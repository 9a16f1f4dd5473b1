// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>

#include "cli/check_golden.h"
#include "cli/check_history.h"
#include "cli/check_view.h"
#include "cli/check_ways.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "core/file.h"

namespace spanwise::cli {
namespace {

using measure::ComparisonRules;

core::Result<CheckWay> way_of(const CheckOptions& o) {
  const bool devices = !o.baseline_device.empty() || !o.candidate_device.empty();
  const bool files = !o.baseline.empty() || !o.candidate.empty();
  const char* hint = "either --baseline-device A --candidate-device B, or --baseline FILE with --candidate FILE or --device D, or --device D alone";
  if (devices && (files || !o.device.empty())) return core::fail(core::Fault::kInput, "two builds side by side take --baseline-device and --candidate-device alone", hint);
  if (devices && (o.baseline_device.empty() || o.candidate_device.empty())) {
    return core::fail(core::Fault::kInput, o.baseline_device.empty() ? "--candidate-device needs --baseline-device" : "--baseline-device needs --candidate-device", hint);
  }
  if (devices) return CheckWay::kSideBySide;
  if (!o.candidate.empty() && o.baseline.empty()) return core::fail(core::Fault::kInput, "--candidate needs --baseline", hint);
  if (!o.candidate.empty() && !o.device.empty()) return core::fail(core::Fault::kInput, "--candidate and --device contradict each other", "keep one of them");
  if (files && o.candidate.empty() && o.device.empty()) return core::fail(core::Fault::kInput, "--baseline needs --candidate or --device", hint);
  if (!o.candidate.empty()) return CheckWay::kFiles;
  if (files) return CheckWay::kBaselineAndDevice;
  if (o.device.empty()) return core::fail(core::Fault::kInput, "'check' needs something to compare", hint);
  return CheckWay::kModel;
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

// The first option that `--history` has no use for; null: none.
const char* beside_history(const CheckOptions& o) {
  if (!o.baseline_device.empty()) return "--baseline-device";
  if (!o.candidate_device.empty()) return "--candidate-device";
  if (!o.baseline.empty()) return "--baseline";
  if (!o.candidate.empty()) return "--candidate";
  if (!o.device.empty()) return "--device";
  if (!o.junit.empty()) return "--junit";
  if (o.to_history) return "--to-history";
  return o.annotations ? "--annotations" : nullptr;
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
  const auto rules = rules_of(options);
  if (!rules) return rules.error();
  if (options.history) {
    if (const auto* other = beside_history(options)) return core::fail(core::Fault::kInput, fmt::format("--history runs nothing: it takes no {}", other), "SUITE, --store, --min-effect, --strict, -o, --json, --markdown");
    return check_history(common, options, rules->smallest_effect);
  }
  const auto way = way_of(options);
  if (!way) return way.error();
  const auto result = run_check_way(*way, common, options, *rules);
  if (!result) return result.error();
  const auto rule = *way == CheckWay::kModel ? std::string("a finding: beyond the model's 99.9 % interval for the whole suite, twice") : rule_words(*rules);
  const auto regression = regression_of(*result, {options.strict, options.wrong_only}, rule);
  const auto json = check_json(*result, regression);
  if (auto written = write_files(options, json, regression); !written) return written.error();
  if (options.to_history) {
    auto run = result->candidate_run;
    if (run.created.empty()) run.created = utc_now(), run.commit = commit_of(options.commit);
    if (auto kept = keep_in_history(options.store, run); !kept) return kept.error();
  }
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
