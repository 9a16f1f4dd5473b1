// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/check_history.h"
#include "cli/check_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "hwmodels/catalog.h"
#include "measure/bench_file.h"
#include "measure/check.h"
#include "measure/runner_client.h"
#include "measure/suite_run.h"

namespace spanwise::cli {
namespace {

using measure::SuiteResult;
using measure::SuiteRow;

// "13.4 GFLOP/s", "769.4 TFLOP/s"
std::string in_unit(double rate, const char* unit) {
  const bool tera = rate >= 1e12;
  return fmt::format("{:.1f} {}{}", rate * (tera ? 1e-12 : 1e-9), tera ? 'T' : 'G', unit);
}

std::string rate_text(const SuiteRow& row) {
  return row.rate ? in_unit(*row.rate, row.bound == measure::Bound::kMatrix ? "FLOP/s" : "B/s") : "-";
}

std::string peak_text(const std::string& op, double rate) {
  return in_unit(rate, op.ends_with("bandwidth") ? "B/s" : "FLOP/s");
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", *share * 100) : "-";
}

// `width` of the names.
std::string line_of(const SuiteRow& row, std::size_t width) {
  const auto& m = row.measurement;
  if (!m.median_ms) return fmt::format("{:<{}} {}: {}\n", row.name, width, measure::name(m.status), m.message);
  std::string line = fmt::format("{:<{}}{:>10.3f}{:>6.1f} %{:>15}{:>6}", row.name, width, *m.median_ms,
                                 50 * (m.p95_ms.value_or(0) - m.p05_ms.value_or(0)) / *m.median_ms, rate_text(row),
                                 percent(row.share));
  if (row.ratio) line += fmt::format("  {:.2f}x {}", *row.ratio, row.against);
  if (m.status != measure::CaseStatus::kOk) line += fmt::format("  {}: {}", measure::name(m.status), m.message);
  return line + "\n";
}

std::string table(const SuiteResult& result) {
  std::string text = fmt::format("{} on {}, {}, {} processors\n", result.suite, result.device.device_name,
                                 result.device.isa, result.device.processors);
  for (const auto& [op, rate] : result.peaks) text += fmt::format("{:<22}{:>18}\n", op, peak_text(op, rate));
  std::size_t width = 22;
  for (const auto& row : result.rows) width = std::max(width, row.name.size());
  text += fmt::format("\n{:<{}}{:>10}{:>8}{:>15}{:>6}  {}\n", "case", width, "ms", "spread", "rate", "peak", "rate over");
  for (const auto& row : result.rows) text += line_of(row, width);
  return text;
}

std::string in_format(const SuiteResult& result, const std::string& format) {
  if (format == "nvbench") return to_nvbench_json(result);
  if (format == "google-benchmark") return to_google_benchmark_json(result);
  return to_json(result);
}

}  // namespace

core::Result<int> run_bench(const CommonOptions& common, const BenchOptions& options) {
  const auto path = hwmodels::find_data(options.suite, "suite", "configs/suites", data_folders(common.data));
  if (!path) return path.error();
  const auto suite = measure::read_suite(*path);
  if (!suite) return suite.error();
  if (options.to_history && options.rounds < static_cast<std::int64_t>(measure::kLeastRounds)) {
    return core::fail(core::Fault::kInput, "--to-history needs --rounds", fmt::format("at least {}, better 11", measure::kLeastRounds));
  }
  const auto command = device_command(options.device);
  auto runner = measure::RunnerClient::start(command);
  if (!runner) return runner.error();
  Progress progress("bench " + suite->name);
  auto result = measure::run_suite(*runner, *suite, [&](std::size_t done, const std::string& next) {
    progress.step(done, suite->entries.size(), next);
  });
  if (!result) return result.error();
  measure::RoundLog log;
  const bool whole = result->rows.size() == suite->entries.size();  // not after Ctrl-C
  if (options.rounds > 0 && whole) {
    auto opened = measure::open_rounds(store_folder(options.store), *suite, runner->hello(), command, "bench");
    if (!opened) return opened.error();
    log = std::move(*opened);
    if (log.resumed() > 0) print_warning(fmt::format("{} rounds were kept by a run that was interrupted", log.resumed()));
    const auto taken = measure::take_rounds(*suite, command, static_cast<std::size_t>(options.rounds), log,
                                            [&](std::size_t done, std::size_t total, const std::string& next) { progress.step(done, total, next); });
    if (!taken && !core::interrupted()) return taken.error();
    result->rounds = log.rounds();
  }
  result->fingerprint = suite_fingerprint(*suite);
  result->commit = commit_of(options.commit);
  result->created = utc_now();
  const auto json = in_format(*result, options.format);
  if (!options.output.empty()) {
    if (auto done = core::write_file_atomically(options.output, json); !done) return done.error();
  }
  if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted");
  if (auto finished = log.finish(); !finished) return finished.error();
  if (options.to_history) {
    if (auto kept = keep_in_history(options.store, bench_file(*result)); !kept) return kept.error();
  }
  print_result(common.json ? json : table(*result));
  return result->wrong() > 0 ? 1 : 0;
}

}  // namespace spanwise::cli
