// SPDX-License-Identifier: Apache-2.0
#include "measure/rounds.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/statistics.h"
#include "measure/runner_client.h"

namespace spanwise::measure {
namespace {

constexpr std::size_t kLeastSlices = 4, kMostSlices = 12;
constexpr std::int64_t kSliceSamples = 4;
constexpr double kSliceSeconds = 0.006;
constexpr std::int64_t kCheckedRowsPerTile = 2;
constexpr double kMetAgain = 1.01;  // over the fastest
constexpr int kTimesMet = 3;
constexpr double kRatioKnown = 0.002;  // standard error

bool floor_is_known(const ProcessTimes& times) {
  if (times.samples_ms.empty()) return true;  // failed, or a runner that tells no samples: more slices teach little
  const double fastest = *std::min_element(times.samples_ms.begin(), times.samples_ms.end());
  return std::count_if(times.samples_ms.begin(), times.samples_ms.end(), [&](double ms) { return ms <= kMetAgain * fastest; }) >= kTimesMet;
}

std::vector<double> slice_ratios(const ProcessTimes& baseline, const ProcessTimes& candidate) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < std::min(baseline.slices_ms.size(), candidate.slices_ms.size()); ++i) {
    if (baseline.slices_ms[i] > 0 && candidate.slices_ms[i] > 0) logs.push_back(std::log(candidate.slices_ms[i] / baseline.slices_ms[i]));
  }
  return logs;
}

// The standard error of a median of normal values, from their median deviation: 1.4826 * 1.2533 / sqrt(n) of it.
bool ratio_is_known(const ProcessTimes& baseline, const ProcessTimes& candidate) {
  auto logs = slice_ratios(baseline, candidate);
  if (logs.empty()) return true;  // failed, or a runner that tells no samples
  const double middle = core::median(logs);
  for (auto& log : logs) log = std::abs(log - middle);
  return 1.858 * core::median(logs) <= kRatioKnown * std::sqrt(static_cast<double>(logs.size()));
}

bool enough_slices(const std::vector<ProcessTimes>& sides) {
  return sides.size() == 2 ? ratio_is_known(sides[0], sides[1]) : std::all_of(sides.begin(), sides.end(), floor_is_known);
}

void keep_lowest(std::optional<double>& kept, const std::optional<double>& seen) {
  if (seen && (!kept || *seen < *kept)) kept = seen;
}

void add_slice(ProcessTimes& times, const Measurement& m, const std::string& device_kind) {
  times.status = m.status;
  times.message = m.message;
  times.samples_ms.insert(times.samples_ms.end(), m.samples_ms.begin(), m.samples_ms.end());
  if (const double ms = slice_ms(m, device_kind); ms > 0) times.slices_ms.push_back(ms);
  keep_lowest(times.low_ms, m.p05_ms);
  keep_lowest(times.clock_hz, m.clock_before_hz);
  keep_lowest(times.clock_hz, m.clock_after_hz);
  if (m.relative_error) times.relative_error = m.relative_error;
}

Request slice_of(const patterns::Case& shape, const RoundOptions& options, bool check) {
  Request request;
  request.shape = shape;
  request.check_rows_per_tile = check ? kCheckedRowsPerTile : 0;
  request.min_samples = kSliceSamples;
  request.max_seconds = kSliceSeconds;
  request.limit_seconds = options.limit_seconds;
  return request;
}

core::Result<CaseRound> run_case(std::vector<RunnerClient>& clients, const patterns::Case& shape, std::size_t round, const RoundOptions& options) {
  CaseRound result{std::vector<ProcessTimes>(clients.size())};
  std::vector<std::size_t> order(clients.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (round % 2 == 1) std::reverse(order.begin(), order.end());
  for (std::size_t slice = 0; slice < kMostSlices; ++slice) {
    for (const auto side : order) {
      auto& times = result.sides[side];
      if (slice > 0 && times.status != CaseStatus::kOk) continue;  // failed before
      const auto m = clients[side].run(slice_of(shape, options, options.check && slice == 0));
      if (!m) return m.error();
      add_slice(times, *m, clients[side].hello().device_kind);
    }
    std::reverse(order.begin(), order.end());  // A B B A
    if (slice + 1 >= kLeastSlices && enough_slices(result.sides)) break;
  }
  return result;
}

}  // namespace

double slice_ms(const Measurement& slice, const std::string& device_kind) {
  const auto& samples = slice.processor_ms.empty() ? slice.samples_ms : slice.processor_ms;
  if (samples.empty()) return 0;
  return device_kind == "cpu" ? *std::min_element(samples.begin(), samples.end()) : core::median(samples);
}

std::optional<double> paired_slices(const ProcessTimes& baseline, const ProcessTimes& candidate) {
  const auto logs = slice_ratios(baseline, candidate);
  return logs.empty() ? std::nullopt : std::optional(core::median(logs));
}

double process_ms(const ProcessTimes& times, const std::string& device_kind) {
  if (times.samples_ms.empty()) return times.low_ms.value_or(0);
  if (device_kind != "cpu") return core::median(times.samples_ms);
  return *std::min_element(times.samples_ms.begin(), times.samples_ms.end());
}

core::Result<Round> run_round(std::span<const std::string> commands, const Suite& suite, std::size_t number, const RoundOptions& options) {
  std::vector<RunnerClient> clients;
  for (const auto& command : commands) {
    auto client = RunnerClient::start(command);
    if (!client) return client.error();
    clients.push_back(std::move(*client));
  }
  Round round;
  round.number = number;
  for (const auto& entry : suite.entries) {
    auto done = run_case(clients, entry.shape, number, options);
    if (!done) return done.error();
    round.cases.push_back(std::move(*done));
  }
  return round;
}

}  // namespace spanwise::measure
