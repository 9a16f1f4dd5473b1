// SPDX-License-Identifier: Apache-2.0
// The lines of the runner protocol, version 1, as the client sees them (docs/formats.md, "Runner protocol").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::measure {

constexpr int kProtocolVersion = 1;

struct Hello {
  std::string runner, version, build;
  std::string device_name, device_kind, isa, driver, identity;
  std::int64_t processors = 1;
  std::int64_t memory_bytes = 0;
  std::int64_t last_cache_bytes = 0;
};

struct Request {
  patterns::Case shape;
  std::vector<std::int64_t> q_tiles;  // empty: all
  std::int64_t check_rows_per_tile = 0;  // 0: no check
  std::int64_t min_samples = 0;          // 0: no timing
  double max_seconds = 1.0;              // of timing
  double limit_seconds = 60;             // the runner is killed beyond it
};

enum class CaseStatus { kOk, kWrong, kUnsupported, kOutOfMemory, kError, kCrashed, kTimeout };
std::string_view name(CaseStatus status);
std::optional<CaseStatus> status_from_name(std::string_view name);

struct Measurement {
  CaseStatus status = CaseStatus::kError;
  std::string message;
  std::string kernel;
  std::optional<double> median_ms, p05_ms, p95_ms;
  std::int64_t samples = 0;
  std::string timer;  // events, cupti; empty: not told
  std::optional<double> clock_mhz, power_w, temperature_c;  // of the device while it was timed
  std::string throttled;  // what held its clock down; empty: not told
  std::map<std::string, double> counters;  // hardware counters of one launch
  std::string counters_error;              // why there are none
  std::vector<double> samples_ms;  // in the order taken, of very many a part; empty from runners that do not tell
  std::vector<double> processor_ms;  // the same samples without the time that other threads had the processor; empty: not told
  std::optional<double> clock_before_hz, clock_after_hz;
  std::optional<double> relative_error, max_error;
  std::int64_t checked_rows = 0;
  std::optional<double> rate;  // of peak operators, in base units
};

core::Result<Hello> parse_hello(const std::string& line);
std::string to_json(const Request& request, std::int64_t id);

// A reply to request `id`: a measurement, nothing for a heartbeat, or an error for a line that breaks the protocol.
core::Result<std::optional<Measurement>> parse_reply(const std::string& line, std::int64_t id);

}  // namespace spanwise::measure
