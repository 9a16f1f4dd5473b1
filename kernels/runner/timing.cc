// SPDX-License-Identifier: Apache-2.0
#include "kernels/runner/timing.h"

#include <chrono>
#include <vector>

#include "core/statistics.h"

namespace spanwise::kernels {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSustainedWarmUp = 0.5;
constexpr std::size_t kMaxSamples = 100'000;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Times time_samples(const TimeRequest& request, patterns::Regime regime, const std::function<double()>& sample) {
  const auto warm_up = Clock::now();
  do {
    sample();
  } while (regime == patterns::Regime::kSustained && seconds_since(warm_up) < kSustainedWarmUp);

  std::vector<double> milliseconds;
  const auto begin = Clock::now();
  const auto enough = [&] {
    const double elapsed = seconds_since(begin);
    return elapsed >= request.max_seconds || milliseconds.size() >= kMaxSamples ||
           (static_cast<std::int64_t>(milliseconds.size()) >= request.min_samples &&
            elapsed >= request.max_seconds / 4);
  };
  do {
    milliseconds.push_back(sample());
  } while (!enough());
  return {core::median(milliseconds), core::quantile(milliseconds, 0.05), core::quantile(milliseconds, 0.95),
          static_cast<std::int64_t>(milliseconds.size())};
}

Times time_runs(const TimeRequest& request, patterns::Regime regime, const std::function<void()>& run) {
  return time_samples(request, regime, [&] {
    const auto start = Clock::now();
    run();
    return seconds_since(start) * 1e3;
  });
}

}  // namespace spanwise::kernels
