// SPDX-License-Identifier: Apache-2.0
// Fits one kernel on one machine to a table of measured Cases and writes the machine file.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/check_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "core/file.h"
#include "core/suggest.h"
#include "measure/calibration_run.h"
#include "measure/case_table.h"
#include "measure/fit_kernel.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kMostHeadDim = 1024;
constexpr std::uint64_t kMostTableBytes = std::uint64_t{1} << 30;

core::Result<double> seconds_of(const std::string& cell, const core::Place& place) {
  double ms = 0;
  const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), ms);
  if (problem == std::errc() && end == cell.data() + cell.size() && ms > 0 && std::isfinite(ms)) return ms * 1e-3;
  return core::Diagnostics{{core::Fault::kInput, place, fmt::format("measured_ms is '{}'", cell), "allowed: milliseconds above 0"}};
}

// The rows that measure `kernel`: those that name it, and those that name none.
core::Result<std::vector<measure::MeasuredCase>> measured_rows(const core::CsvTable& table, const std::string& file,
                                                               const std::string& kernel) {
  const int column = measure::column_of(table, "measured_ms");
  if (column < 0) {
    return core::fail_in(core::Fault::kInput, file, "the table has no column 'measured_ms'", core::suggestion("measured_ms", table.header));
  }
  const auto cases = measure::cases_of(table, file);
  std::vector<measure::MeasuredCase> rows;
  core::Diagnostics bad;
  std::set<std::string> others;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& cells = table.rows[i].cells;
    const auto seconds = seconds_of(cells[static_cast<std::size_t>(column)], {file, table.rows[i].line, 1});
    for (const auto* reasons : {cases[i] ? nullptr : &cases[i].error(), seconds ? nullptr : &seconds.error()}) {
      if (reasons != nullptr && bad.size() < 20) bad.push_back(reasons->front());
    }
    if (!cases[i] || !seconds) continue;
    if (!cases[i]->kernel.empty() && cases[i]->kernel != kernel) {
      others.insert(cases[i]->kernel);
    } else {
      rows.push_back({*cases[i], *seconds});
    }
  }
  if (!bad.empty()) return bad;
  if (rows.empty()) {
    return core::fail_in(core::Fault::kInput, file, fmt::format("no row measures kernel '{}'", kernel),
                         others.empty() ? "the table is empty" : fmt::format("rows name: {}; an empty cell stands for --kernel", fmt::join(others, ", ")));
  }
  return rows;
}

std::string table_of(const measure::FittedKernel& fitted) {
  std::string out = fmt::format("{:36} {:>6} {:>8} {:>8} {:>8} {:>8}\n", "rows that the fit did not see", "rows", "mean", "median", "90 %", "inside");
  for (const auto& e : fitted.errors) {
    out += fmt::format("{:36} {:6} {:6.1f} % {:6.1f} % {:6.1f} % {:6.0f} %\n", e.family, e.rows, 100 * e.mean, 100 * e.median, 100 * e.p90, 100 * e.covered);
  }
  return out;
}

std::string constants_table(const measure::FittedKernel& fitted) {
  std::string out = fmt::format("{:20} {:>10} {:>12}\n", "constant", "value", "uncertainty");
  for (const auto& [name, value] : measure::constants_by_name(fitted.constants)) {
    const auto spread = fitted.uncertainty.find(name);
    out += fmt::format("{:20} {:>10.4g} {:>12}\n", name, value, spread == fitted.uncertainty.end() ? "-" : fmt::format("{:.2g}", spread->second));
  }
  return out;
}

ordered_json to_json(const measure::FittedKernel& fitted, const CalibrateOptions& options) {
  ordered_json errors = ordered_json::array();
  for (const auto& e : fitted.errors) {
    errors.push_back({{"family", e.family}, {"rows", e.rows}, {"mean", e.mean}, {"median", e.median}, {"p90", e.p90}, {"inside_90", e.covered}});
  }
  ordered_json constants;
  for (const auto& [name, value] : measure::constants_by_name(fitted.constants)) constants[name] = value;
  constants["error_90"] = fitted.constants.error_90;
  return {{"schema", "spanwise/calibration"}, {"schema_version", 1}, {"kernel", options.kernel}, {"hardware", options.hardware},
          {"rows_fitted", fitted.fitted}, {"rows_tested", fitted.tested}, {"rows_left_out", fitted.left_out}, {"errors", errors},
          {"constants", constants},
          {"uncertainty", fitted.uncertainty},
          {"output", options.output}};
}

// What was fitted to, for the provenance: a table, or a device and its runs.
struct Measured {
  std::vector<measure::MeasuredCase> rows;
  std::string words;
  std::vector<std::string> notes;  // lines for the reader
};

std::string source_of(const measure::FittedKernel& fitted, const Measured& measured) {
  const std::time_t now = std::time(nullptr);
  auto text = fmt::format("spanwise calibrate, {:%Y-%m-%d}: {} rows of {}", fmt::gmtime(now), fitted.fitted, measured.words);
  if (!fitted.errors.empty()) {
    const auto& all = fitted.errors.back();
    text += fmt::format("; {} rows not seen: mean {:.1f} %, median {:.1f} %, 90 % below {:.1f} %", all.rows, 100 * all.mean, 100 * all.median, 100 * all.p90);
  }
  if (!fitted.uncertainty.empty()) {
    text += "; constants of nine tenths of the rows differ by";
    for (const auto& [name, spread] : fitted.uncertainty) text += fmt::format(" {} {:.2g},", name, spread);
    text.pop_back();
  }
  return text;
}

core::Result<Measured> from_table(const CalibrateOptions& options) {
  const auto text = core::read_file(options.table, kMostTableBytes);
  if (!text) return text.error();
  const auto table = core::parse_csv(*text, options.table);
  if (!table) return table.error();
  auto rows = measured_rows(*table, options.table, options.kernel);
  if (!rows) return rows.error();
  return Measured{std::move(*rows), std::filesystem::path(options.table).filename().string(), {}};
}

core::Result<std::vector<std::int64_t>> head_dims_of(const std::string& text) {
  std::vector<std::int64_t> dims;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::int64_t dim = 0;
    const auto [next, problem] = std::from_chars(at, end, dim);
    if (problem != std::errc() || dim < 1 || dim > kMostHeadDim || (next != end && *next != ',')) {
      return core::fail(core::Fault::kInput, fmt::format("--head-dims cannot be '{}'", text),
                        fmt::format("allowed: numbers from 1 to {} with commas between, such as 64,128", kMostHeadDim));
    }
    if (std::find(dims.begin(), dims.end(), dim) == dims.end()) dims.push_back(dim);
    if (next == end) return dims;
    at = next + 1;
  }
}

core::Result<measure::PlanOptions> plan_options(const CalibrateOptions& options, const hwmodels::KernelModel& kernel, const measure::Hello& hello) {
  measure::PlanOptions plan;
  plan.cases = static_cast<std::size_t>(options.cases);
  plan.anchors = std::min<std::size_t>(plan.anchors, (plan.cases + 3) / 4);
  // A case is made, warmed up and timed five times at least; half of the time goes into making inputs.
  plan.most_seconds = static_cast<double>(options.seconds) / static_cast<double>(options.cases) / 20;
  plan.most_bytes = static_cast<double>(hello.memory_bytes) / (hello.device_kind == "cpu" ? 32 : 16);
  plan.dtype = kernel.dtypes.front();
  auto dims = head_dims_of(options.head_dims);
  if (!dims) return dims.error();
  plan.head_dims = std::move(*dims);
  if (options.dtype.empty()) return plan;
  const auto& names = core::dtype_names();
  const auto found = std::find(names.begin(), names.end(), options.dtype);
  if (found == names.end()) {
    return core::fail(core::Fault::kInput, fmt::format("--dtype cannot be '{}'", options.dtype), fmt::format("allowed: {}", fmt::join(names, ", ")));
  }
  plan.dtype = static_cast<core::DType>(found - names.begin());
  return plan;
}

core::Result<Measured> from_device(const CalibrateOptions& options, const hwmodels::KernelModel& kernel, const hwmodels::Machine& machine) {
  auto runner = measure::RunnerClient::start(device_command(options.device));
  if (!runner) return runner.error();
  if (static_cast<double>(runner->hello().processors) != machine.processors.value) {
    return core::fail(core::Fault::kInput,
                      fmt::format("the device has {} processors, machine '{}' has {:.0f}", runner->hello().processors, machine.name, machine.processors.value),
                      "constants are cycles of one processor of the machine measured; --hardware local describes this computer");
  }
  const auto chosen = plan_options(options, kernel, runner->hello());
  if (!chosen) return chosen.error();
  const auto plan = measure::plan_calibration(kernel, machine, *chosen);
  if (!plan) return plan.error();
  const auto path = options.rows.empty() ? std::filesystem::path(options.output).replace_extension(".rows.csv") : std::filesystem::path(options.rows);
  core::Result<measure::CalibrationRun> run = measure::CalibrationRun{};
  {
    Progress progress("calibrate " + options.kernel);
    run = measure::run_calibration(*runner, *plan, path, static_cast<double>(options.seconds),
                                   [&](std::size_t done, std::size_t total, const std::string& next) { progress.step(done, total, next); });
  }
  if (!run) return run.error();
  Measured measured;
  measured.rows = measure::measured_cases(*run);
  const auto& hello = runner->hello();
  measured.words = fmt::format("{} on {} ({}{} {}, build {})", options.kernel, hello.device_name,
                               hello.driver.empty() ? std::string() : fmt::format("driver {}, ", hello.driver), hello.runner, hello.version, hello.build);
  measured.notes.push_back(fmt::format("{} cases timed on {}, {} of them before; rows in {}", measured.rows.size(), hello.device_name, run->resumed, path.string()));
  for (std::size_t i = 1; i < run->run_factors.size(); ++i) {
    measured.notes.push_back(fmt::format("run {}: its anchors take {:.3f} of the first run's time; its rows are divided by that", i + 1, run->run_factors[i]));
  }
  for (const auto& reason : run->left_out) measured.notes.push_back("left out: " + reason);
  return measured;
}

}  // namespace

core::Result<int> run_calibrate(const CommonOptions& common, const CalibrateOptions& options) {
  if (options.table.empty() == options.device.empty()) {
    return core::fail(core::Fault::kInput, "calibrate needs either --from CSV or --device D",
                      "for example: spanwise calibrate --device cpu --kernel spanwise-cpu-fp32 --hardware local -o my-cpu.yaml");
  }
  auto session = Session::open(common);
  if (!session) return session.error();
  auto machine = (*session)->machine(options.hardware);
  if (!machine) return machine.error();
  if (!(*session)->kernels().contains(options.kernel)) {
    std::vector<std::string> known;
    for (const auto& [name, model] : (*session)->kernels()) known.push_back(name);
    return core::fail(core::Fault::kInput, fmt::format("unknown kernel '{}'", options.kernel),
                      core::suggestion(options.kernel, known) + "; --data DIR adds DIR/hwmodels/kernels");
  }
  const auto measured = options.device.empty() ? from_table(options) : from_device(options, (*session)->kernels().at(options.kernel), *machine);
  if (!measured) return measured.error();
  measure::FitOptions fit;
  fit.most_knots = static_cast<std::size_t>(options.knots);
  fit.pick = static_cast<std::size_t>(options.pick);
  auto fitted = measure::fit_kernel(measured->rows, options.kernel, *machine, (*session)->kernels(), fit);
  if (!fitted) return fitted.error();
  fitted->constants.from.source = source_of(*fitted, *measured);
  if (!options.device.empty()) {
    for (const auto& row : measured->rows) {
      auto& largest = fitted->constants.largest_fitted_head_dim;
      largest = std::max({largest, row.shape.head_dim, row.shape.head_dim_v});
    }
  }
  machine->kernels[options.kernel] = fitted->constants;
  const auto written = core::write_file_atomically(options.output, hwmodels::to_yaml(*machine));
  if (!written) return written.error();
  if (common.json) {
    print_result(to_json(*fitted, options).dump(2) + "\n");
    return 0;
  }
  for (const auto& note : measured->notes) print_result(note + "\n");
  print_result(fmt::format("{} on {}: {} rows fitted{}, {} corrections\n{}{}wrote {}\n", options.kernel, machine->name, fitted->fitted,
                           fitted->left_out > 0 ? fmt::format(" ({} that it does not run left out)", fitted->left_out) : std::string(),
                           fitted->constants.corrections.size(), constants_table(*fitted), fitted->errors.empty() ? std::string("too few rows to hold some out\n") : table_of(*fitted),
                           options.output));
  return 0;
}

}  // namespace spanwise::cli
