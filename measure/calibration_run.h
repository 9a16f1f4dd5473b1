// SPDX-License-Identifier: Apache-2.0
// Measures a calibration plan through a runner. Every run begins with the plan's anchors: the median ratio of their times to those of
// the first run is the run's factor (another card, another power limit, a busier machine), by which its other times are divided.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"
#include "measure/calibration_plan.h"
#include "measure/fit_kernel.h"
#include "measure/runner_client.h"

namespace spanwise::measure {

struct CalibrationRow {
  patterns::Case shape;
  std::int64_t run = 1;  // from 1
  bool anchor = false;
  double seconds = 0;    // as measured, before any factor
  double low = 0, high = 0;  // 5th and 95th percentile of the samples
  std::int64_t samples = 0;
  double clock_mhz = 0;  // 0: not told
};

// The rows of a file, CSV: the fields of a Case, measured_ms, low_ms, high_ms, samples, clock_mhz, run, anchor. It can be fitted again with
// `calibrate --from`. A file that is not there is an empty table.
core::Result<std::vector<CalibrationRow>> read_calibration_rows(const std::filesystem::path& path);
std::string to_csv(const std::vector<CalibrationRow>& rows);

struct CalibrationRun {
  std::vector<CalibrationRow> rows;     // of all runs
  std::vector<std::string> left_out;    // "CASE: reason", of cases that the runner did not time
  std::size_t resumed = 0;              // cases that earlier runs had measured
  std::vector<double> run_factors;      // of each run; the first is 1
};

// Times what `path` does not hold yet, and writes the file after each case, so that a killed run goes on where it was. Stops after
// `seconds` of measuring: the cases left are named. Ctrl-C keeps what is there.
core::Result<CalibrationRun> run_calibration(RunnerClient& runner, const CalibrationPlan& plan, const std::filesystem::path& path, double seconds,
                                             const std::function<void(std::size_t done, std::size_t total, const std::string& next)>& progress);

// The rows for a fit: each divided by the factor of its run; anchors once, of the first run that has them.
std::vector<MeasuredCase> measured_cases(const CalibrationRun& run);

}  // namespace spanwise::measure
