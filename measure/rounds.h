// SPDX-License-Identifier: Apache-2.0
// A round: one fresh runner process a side, every case of a suite timed in short slices that alternate between the sides, so
// that what disturbs one soon disturbs the other.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "measure/messages.h"
#include "measure/suite.h"

namespace spanwise::measure {

// What one process had to say about one case.
struct ProcessTimes {
  CaseStatus status = CaseStatus::kError;
  std::string message;
  std::vector<double> samples_ms;     // of all slices, in their order
  std::optional<double> low_ms;       // the lowest slice p05: what runners tell that send no samples
  std::optional<double> clock_hz;     // the lowest seen
  std::optional<double> relative_error;
};

// The time of a process. A CPU is disturbed by other work, which only ever adds: the fastest sample. A GPU of one's own
// moves its clock both ways: the median.
double process_ms(const ProcessTimes& times, const std::string& device_kind);

struct CaseRound {
  std::vector<ProcessTimes> sides;  // in the order of the commands
};

struct Round {
  std::size_t number = 0;  // counts from 0; odd rounds start with the last side
  std::vector<CaseRound> cases;
};

struct RoundOptions {
  bool check = false;         // each case against float64 before it is timed
  double limit_seconds = 120;  // of one request
};

// Runs a round. Slices of a case go on until the fastest time of every side has been met again (three samples within 1 %, at
// most 12 slices). A crash or a hang is a status. Errors: a runner that cannot be started, Fault::kInterrupted.
core::Result<Round> run_round(std::span<const std::string> commands, const Suite& suite, std::size_t number, const RoundOptions& options);

}  // namespace spanwise::measure
