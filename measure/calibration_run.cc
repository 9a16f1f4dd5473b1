// SPDX-License-Identifier: Apache-2.0
#include "measure/calibration_run.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/csv.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/statistics.h"
#include "measure/case_table.h"

namespace spanwise::measure {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;
constexpr std::int64_t kLeastSamples = 5;
constexpr double kCheckedTile = 64;        // the least query tile of a kernel
constexpr double kMostCheckFlops = 2e9;    // of the reference of a case that is checked before it is timed
constexpr std::size_t kPasses = 3;         // over the cases, while half of the time is left

constexpr std::array<const char*, 15> kCaseFields = {"kernel", "phase", "batch", "q_len", "kv_len", "tokens", "q_heads", "kv_heads",
                                                     "head_dim", "head_dim_v", "dtype", "causal", "pattern", "cache", "regime"};
constexpr std::array<const char*, 7> kMeasuredFields = {"measured_ms", "low_ms", "high_ms", "samples", "clock_mhz", "run", "anchor"};

// A field of to_json(Case) as a cell: lengths of axes as 30x48x80, maps as JSON.
std::string cell_of(const json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_array()) return found->dump();
  std::string text;
  for (const auto& length : *found) text += (text.empty() ? "" : "x") + length.dump();
  return text;
}

double number_in(const core::CsvTable& table, const core::CsvRow& row, const char* name) {
  const int column = column_of(table, name);
  if (column < 0) return 0;
  const auto& cell = row.cells[static_cast<std::size_t>(column)];
  double value = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return std::isfinite(value) ? value : 0;
}

// A float64 reference of one row in each query tile.
double check_flops(const patterns::Case& shape) {
  const double rows = static_cast<double>(shape.batch * shape.q_heads) * std::ceil(static_cast<double>(shape.q_len) / kCheckedTile);
  return rows * static_cast<double>(shape.kv_len) * 2.0 * static_cast<double>(shape.head_dim + shape.head_dim_v);
}

Request timing_of(const patterns::Case& shape, double seconds, bool check) {
  Request request;
  request.shape = shape;
  if (check && check_flops(shape) < kMostCheckFlops) request.check_rows_per_tile = 1;
  request.min_samples = kLeastSamples;
  request.max_seconds = seconds;
  return request;
}

// The medians of each anchor over those of the first run, run by run.
std::vector<double> factors_of(const std::vector<CalibrationRow>& rows) {
  std::map<std::int64_t, std::map<std::string, double>> anchors;
  std::int64_t last = 1;
  for (const auto& row : rows) {
    last = std::max(last, row.run);
    if (row.anchor) anchors[row.run][patterns::to_json(row.shape)] = row.seconds;
  }
  std::vector<double> factors;
  for (std::int64_t run = 1; run <= last; ++run) {
    std::vector<double> ratios;
    for (const auto& [shape, seconds] : anchors[run]) {
      const auto first = anchors[1].find(shape);
      if (first != anchors[1].end()) ratios.push_back(seconds / first->second);
    }
    factors.push_back(ratios.empty() ? 1.0 : core::median(ratios));
  }
  return factors;
}

std::string words_of(const patterns::Case& shape) {
  return fmt::format("{} {} of {}", patterns::name(shape.phase), hwmodels::pattern_kind(shape.pattern), shape.kv_len);
}

CalibrationRow row_of(const patterns::Case& shape, const Measurement& m, bool cpu) {
  CalibrationRow row;
  row.shape = shape;
  row.seconds = 1e-3 * (cpu ? m.p05_ms.value_or(*m.median_ms) : *m.median_ms);
  row.low = 1e-3 * m.p05_ms.value_or(0);
  row.high = 1e-3 * m.p95_ms.value_or(0);
  row.samples = m.samples;
  row.clock_mhz = m.clock_mhz.value_or(0);
  return row;
}

void keep_faster(CalibrationRow& row, const CalibrationRow& again) {
  row.samples += again.samples;
  row.high = std::max(row.high, again.high);
  row.low = std::min(row.low, again.low);
  row.seconds = std::min(row.seconds, again.seconds);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

std::string to_csv(const std::vector<CalibrationRow>& rows) {
  std::string text;
  for (const auto* field : kCaseFields) text += std::string(field) + ",";
  for (const auto* field : kMeasuredFields) text += std::string(field) + (field == kMeasuredFields.back() ? "\n" : ",");
  for (const auto& row : rows) {
    const auto object = json::parse(patterns::to_json(row.shape));
    for (const auto* field : kCaseFields) text += core::csv_cell(cell_of(object, field)) + ",";
    text += fmt::format("{:.6g},{:.6g},{:.6g},{},{},{},{}\n", row.seconds * 1e3, row.low * 1e3, row.high * 1e3, row.samples,
                        row.clock_mhz > 0 ? fmt::format("{:.0f}", row.clock_mhz) : std::string(), row.run, row.anchor ? "true" : "false");
  }
  return text;
}

core::Result<std::vector<CalibrationRow>> read_calibration_rows(const std::filesystem::path& path) {
  std::vector<CalibrationRow> rows;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return rows;
  const auto text = core::read_file(path, kMostBytes);
  if (!text) return text.error();
  const auto table = core::parse_csv(*text, path.string());
  if (!table) return table.error();
  const auto cases = cases_of(*table, path.string());
  const int anchor = column_of(*table, "anchor");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i]) return cases[i].error();
    const auto& row = table->rows[i];
    CalibrationRow read;
    read.shape = *cases[i];
    read.seconds = 1e-3 * number_in(*table, row, "measured_ms");
    read.run = std::max<std::int64_t>(1, std::llround(number_in(*table, row, "run")));
    if (read.seconds <= 0 || anchor < 0) {
      return core::Diagnostics{{core::Fault::kInput, {path.string(), row.line, 1}, "not a row of a calibration",
                                "name another file with --rows, or remove this one"}};
    }
    read.anchor = row.cells[static_cast<std::size_t>(anchor)] == "true";
    read.low = 1e-3 * number_in(*table, row, "low_ms");
    read.high = 1e-3 * number_in(*table, row, "high_ms");
    read.samples = std::llround(number_in(*table, row, "samples"));
    read.clock_mhz = number_in(*table, row, "clock_mhz");
    rows.push_back(std::move(read));
  }
  return rows;
}

core::Result<CalibrationRun> run_calibration(RunnerClient& runner, const CalibrationPlan& plan, const std::filesystem::path& path, double seconds,
                                             const std::function<void(std::size_t, std::size_t, const std::string&)>& progress) {
  auto kept = read_calibration_rows(path);
  if (!kept) return kept.error();
  CalibrationRun result;
  result.rows = std::move(*kept);
  std::int64_t run = 1;
  std::set<std::string> measured;
  for (const auto& row : result.rows) {
    run = std::max(run, row.run + 1);
    measured.insert(patterns::to_json(row.shape));
  }
  // What is left to do; the anchors again only where anything is.
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < plan.cases.size(); ++i) {
    if (measured.contains(patterns::to_json(plan.cases[i]))) ++result.resumed;
    else left.push_back(i);
  }
  if (!left.empty() && run > 1) {
    std::erase_if(left, [&](std::size_t i) { return i < plan.anchors; });
    for (std::size_t i = plan.anchors; i-- > 0;) left.insert(left.begin(), i);
  }
  const auto begin = std::chrono::steady_clock::now();
  const double each = 0.4 * seconds / static_cast<double>(std::max<std::size_t>(plan.cases.size(), 1));
  const bool cpu = runner.hello().device_kind == "cpu";
  const auto stop = [&]() -> core::Diagnostics {
    return core::fail(core::Fault::kInterrupted, "interrupted; what was measured is kept in " + path.string());
  };
  for (std::size_t done = 0; done < left.size(); ++done) {
    const auto& shape = plan.cases[left[done]];
    progress(done, left.size(), words_of(shape));
    if (core::interrupted()) return stop();
    if (seconds_since(begin) > seconds) {
      result.left_out.push_back(words_of(shape) + ": no time left");
      continue;
    }
    auto m = runner.run(timing_of(shape, each, left[done] < plan.anchors));
    if (!m) return m.error();
    if (m->status != CaseStatus::kOk || !m->median_ms || *m->median_ms <= 0) {
      result.left_out.push_back(fmt::format("{}: {} {}", words_of(shape), name(m->status), m->message));
      continue;
    }
    auto row = row_of(shape, *m, cpu);
    row.run = run;
    row.anchor = left[done] < plan.anchors;
    result.rows.push_back(std::move(row));
    if (auto written = core::write_file_atomically(path, to_csv(result.rows)); !written) return written.error();
  }
  // On a CPU other programs only ever slow a case down: the time that is left goes into looking for faster ones.
  for (std::size_t pass = 1; cpu && pass < kPasses; ++pass) {
    for (auto& row : result.rows) {
      if (row.run != run || seconds_since(begin) > 0.5 * seconds) continue;
      if (core::interrupted()) return stop();
      auto m = runner.run(timing_of(row.shape, each, false));
      if (!m) return m.error();
      if (m->status == CaseStatus::kOk && m->median_ms && *m->median_ms > 0) keep_faster(row, row_of(row.shape, *m, cpu));
    }
    if (auto written = core::write_file_atomically(path, to_csv(result.rows)); !written) return written.error();
  }
  result.run_factors = factors_of(result.rows);
  return result;
}

std::vector<MeasuredCase> measured_cases(const CalibrationRun& run) {
  std::vector<MeasuredCase> cases;
  std::set<std::string> seen;
  for (const auto& row : run.rows) {
    if (row.anchor && !seen.insert(patterns::to_json(row.shape)).second) continue;
    cases.push_back({row.shape, row.seconds / run.run_factors[static_cast<std::size_t>(row.run - 1)]});
  }
  return cases;
}

}  // namespace spanwise::measure
