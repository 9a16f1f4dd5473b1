// SPDX-License-Identifier: Apache-2.0
// Times a suite through a runner.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "measure/rounds.h"
#include "measure/runner_client.h"
#include "measure/suite.h"

namespace spanwise::measure {

// What limits a case: the matrix units, or for decode and for what moves or picks the memory.
enum class Bound { kMatrix, kMemory };

struct SuiteRow {
  std::string name;
  patterns::Case shape;
  Measurement measurement;
  Bound bound = Bound::kMatrix;
  double work = 0;               // FLOPs of visible pairs, or bytes: of K and V that a decode step reads, or that an operator moves
  std::optional<double> rate;    // work a second, at the median
  std::optional<double> share;   // of the device's peak, measured in the same process
  std::string against;           // empty: none
  std::optional<double> ratio;   // this case's rate over that of `against`, timed in the order A B B A
};

struct SuiteResult {
  std::string suite;
  Hello device;
  std::map<std::string, double> peaks;  // by operator, FLOP/s or B/s
  std::vector<SuiteRow> rows;
  std::vector<Round> rounds;     // one side; a case of a round stands where its row does
  std::string fingerprint;       // of the suite's cases (bench_file.h)
  std::string commit, created;   // of what was measured, as told; ISO 8601 in UTC
  std::size_t wrong() const;       // rows that failed their check
  std::size_t unfinished() const;  // rows without a time
};

// Visible pairs of one head and sequence; 0 where they cannot be counted.
double visible_pairs(const patterns::Case& shape);

// Every case is checked against float64 before it is timed. Stops early, with the rows so far, after Ctrl-C.
core::Result<SuiteResult> run_suite(RunnerClient& runner, const Suite& suite,
                                    const std::function<void(std::size_t done, const std::string& next)>& progress);

}  // namespace spanwise::measure
