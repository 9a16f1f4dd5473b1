// SPDX-License-Identifier: Apache-2.0
// The messages of the runner protocol, version 1: JSON Lines, requests on stdin, replies on stdout
// (docs/formats.md, "Runner protocol"). This is the runner's side; `measure` has the client's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "kernels/check.h"
#include "patterns/case.h"

namespace spanwise::kernels {

inline constexpr int kProtocolVersion = 1;

struct DeviceFacts {
  std::string name;
  std::string kind;  // cpu, cuda
  std::string isa;
  std::string driver;    // its version; empty: none, or not told
  std::string identity;  // 16 hex digits; equal for devices that should run equally fast
  std::int64_t processors = 1;
  std::int64_t memory_bytes = 0;
  std::map<std::string, std::int64_t> caches;  // bytes of one cache of each level: l1d, l2, l3
};

struct KernelFacts {
  std::string name, op;
  std::vector<std::string> dtypes;
  std::int64_t q_tile = 0;   // query rows
  std::int64_t kv_tile = 0;  // keys
  std::int64_t max_head_dim = 0;
};

struct Hello {
  std::string runner;
  std::string build;  // 16 hex digits: fingerprint of the executable file
  DeviceFacts device;
  std::vector<KernelFacts> kernels;
  std::vector<std::string> ops;
};

struct CheckRequest {
  std::int64_t rows_per_tile = 8;
};

struct TimeRequest {
  std::int64_t min_samples = 5;
  double max_seconds = 1.0;
};

struct Request {
  std::int64_t id = 0;
  patterns::Case shape;
  std::vector<std::int64_t> q_tiles;  // ascending; empty: all
  std::optional<CheckRequest> check;
  std::optional<TimeRequest> time;
  std::vector<std::string> counters;  // hardware counters to read after timing, by the device's own names
  bool damage_output = false;  // not a field of the message: a fault that tests ask for (fault.h)
};

enum class MeasurementStatus { kOk, kWrong, kUnsupported, kOutOfMemory, kError };

struct Times {
  double median = 0, p05 = 0, p95 = 0;  // milliseconds
  std::int64_t samples = 0;
  std::vector<double> kept = {};  // milliseconds in the order taken; of very many, evenly chosen ones
  std::vector<double> kept_processor = {};  // the same samples by the clock of the one thread that worked; empty: more threads
};

// The processor's clock in Hz beside the timing, so that a throttled sample can be told from a slow kernel.
struct ClockRates {
  double before = 0, after = 0;
};

// Of one head of one sequence; KV tiles are summed over the query tiles.
struct Work {
  std::int64_t q_tiles = 0;
  std::uint64_t full_tiles = 0;
  std::uint64_t partial_tiles = 0;
};

struct Rate {
  double value = 0;
  std::string unit;
};

// The device while it was timed; absent what it does not tell.
struct Conditions {
  std::optional<double> clock_mhz;      // mean over the timed launches
  std::optional<double> power_w;        // mean of the readings
  std::optional<double> temperature_c;  // the highest
  std::optional<std::string> throttled;  // what held the clock down: none, power_cap, thermal…, joined by commas
};

struct Measurement {
  std::int64_t id = -1;
  MeasurementStatus status = MeasurementStatus::kOk;
  std::string message;
  std::string kernel;
  std::optional<Times> times;
  std::string timer;  // events, cupti; empty: the wall clock
  Conditions conditions;
  std::map<std::string, double> counters;  // of one launch
  std::string counters_error;              // why there are none, where they were asked for
  std::optional<ClockRates> clock;
  std::optional<CheckResult> check;
  std::optional<Work> work;
  std::optional<Rate> rate;
};

// A measurement that is only a status and its reason.
Measurement refusal(MeasurementStatus status, std::string message);

struct ParsedRequest {
  std::int64_t id = -1;  // as far as it could be read
  core::Result<Request> request;
};
ParsedRequest parse_request(const std::string& line);

// One line each, without the newline. Errors that are not finite are left out of a measurement.
std::string to_json(const Hello& hello);
std::string to_json(const Measurement& measurement);
std::string heartbeat_json(std::int64_t id, double elapsed_seconds);

}  // namespace spanwise::kernels
