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
  std::vector<double> slices_ms;      // one time a slice; empty: not told
  std::optional<double> low_ms;       // the lowest slice p05: what runners tell that send no samples
  std::optional<double> clock_hz;     // the lowest seen
  std::optional<double> relative_error;
};

// The time of a slice. On a CPU the fastest sample, by the processor's time where one thread works; else the median.
double slice_ms(const Measurement& slice, const std::string& device_kind);

// How two processes of a round compare: the median over their slices of log(candidate / baseline). A slice and its
// neighbour are milliseconds apart and share what disturbs them (the other hyperthread of the core, a clock), which slows
// both by the same factor; the median passes over those where it changed between the two. Nothing without slices on both sides.
std::optional<double> paired_slices(const ProcessTimes& baseline, const ProcessTimes& candidate);

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

// Runs a round. Slices of a case go on, at most 12 a side: of two sides until their median ratio is known to 0.2 %, of one
// until its fastest time has been met again (three samples within 1 %). A crash or a hang is a status. Errors: a runner that cannot be started, Fault::kInterrupted.
core::Result<Round> run_round(std::span<const std::string> commands, const Suite& suite, std::size_t number, const RoundOptions& options);

}  // namespace spanwise::measure
