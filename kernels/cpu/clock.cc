// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/clock.h"

#include <time.h>

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

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void run_slowed(const std::function<void()>& work, double share) {
  if (share <= 0) return work();
  const double start = thread_seconds();
  work();
  const double now = thread_seconds(), until = now + (now - start) * share;
  for (std::uint64_t x = 1; thread_seconds() < until;) x = recur(x, 50);
}

}  // namespace spanwise::kernels
