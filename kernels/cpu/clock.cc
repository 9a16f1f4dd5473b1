// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/clock.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace spanwise::kernels {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kStretches = 8;
constexpr int kSteps = 10'000;
constexpr double kCyclesAStep = 4;  // a multiplication (3) and an addition (1), each waiting for the one before

// Every step needs the one before; the compiler cannot shorten the recurrence without knowing the number of steps.
std::uint64_t recur(std::uint64_t x, int steps) {
  for (int i = 0; i < steps; ++i) {
    x = x * 0x5851f42d4c957f2dull + 1;
    asm volatile("" : "+r"(x));
  }
  return x;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

double clock_hz() {
  double best = 0;
  std::uint64_t x = 1;
  for (int i = 0; i < kStretches; ++i) {
    const auto start = Clock::now();
    x = recur(x, kSteps);
    best = std::max(best, kSteps * kCyclesAStep / seconds_since(start));
  }
  return best;
}

void run_slowed(const std::function<void()>& work, double share) {
  const auto start = Clock::now();
  work();
  if (share <= 0) return;
  const double until = seconds_since(start) * (1 + share);
  for (std::uint64_t x = 1; seconds_since(start) < until;) x = recur(x, 50);
}

}  // namespace spanwise::kernels
