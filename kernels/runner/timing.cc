// SPDX-License-Identifier: Apache-2.0
#include "kernels/runner/timing.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <vector>

#include "core/statistics.h"

namespace spanwise::kernels {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSustainedWarmUp = 0.5;
constexpr std::size_t kMaxSamples = 100'000;
constexpr std::size_t kLeastSettled = 16;
constexpr double kSettledShare = 0.005;
constexpr std::size_t kMostKept = 256;  // of a reply: a line stays far below the client's limit

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Whether more samples would hardly move the median. Asked at powers of two: sorting every time would cost more than
// short runs.
bool settled(const std::vector<double>& samples) {
  if (samples.size() < kLeastSettled || !std::has_single_bit(samples.size())) return false;
  const double spread = core::quantile(samples, 0.75) - core::quantile(samples, 0.25);
  return spread / std::sqrt(static_cast<double>(samples.size())) <= kSettledShare * core::median(samples);
}

}  // namespace

std::vector<double> thinned(const std::vector<double>& samples) {
  if (samples.size() <= kMostKept) return samples;
  std::vector<double> kept;
  for (std::size_t i = 0; i < kMostKept; ++i) kept.push_back(samples[i * samples.size() / kMostKept]);
  return kept;
}

double wall_ms(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return seconds_since(start) * 1e3;
}

Times time_runs(const TimeRequest& request, patterns::Regime regime, const std::function<double()>& run) {
  const auto warm_up = Clock::now();
  do {
    run();
  } while (regime == patterns::Regime::kSustained && seconds_since(warm_up) < kSustainedWarmUp);

  std::vector<double> milliseconds;
  const auto begin = Clock::now();
  const auto enough = [&] {
    const double elapsed = seconds_since(begin);
    return elapsed >= request.max_seconds || milliseconds.size() >= kMaxSamples ||
           (static_cast<std::int64_t>(milliseconds.size()) >= request.min_samples &&
            (elapsed >= request.max_seconds / 4 || settled(milliseconds)));
  };
  do {
    milliseconds.push_back(run());
  } while (!enough());
  return {core::median(milliseconds), core::quantile(milliseconds, 0.05), core::quantile(milliseconds, 0.95),
          static_cast<std::int64_t>(milliseconds.size()), thinned(milliseconds)};
}

}  // namespace spanwise::kernels
