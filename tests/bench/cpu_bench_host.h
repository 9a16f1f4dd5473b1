// SPDX-License-Identifier: Apache-2.0
// Clocks of cpu_kernel_bench, and what it says of the machine.
#pragma once

#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/peak_ops.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {

inline double now_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline double seconds_of(clockid_t clock, const auto& run) {
  const double start = now_of(clock);
  run();
  return now_of(clock) - start;
}

// Of this process, in KB; -1: the system does not say.
inline long huge_page_kb() {
  std::ifstream file("/proc/self/smaps_rollup");
  for (std::string key; file >> key;) {
    if (long kb = 0; key == "AnonHugePages:" && file >> kb) return kb;
  }
  return -1;
}

inline void print_host() {
  AlignedBuffer<std::uint64_t> memory(std::size_t{32} << 20);
  std::fill_n(memory.data(), memory.size(), 1);
  fmt::print("host: {} processors, {} of {} MB in huge pages; one thread reads", core::available_processors(),
             huge_page_kb() / 1024, memory.size() * 8 >> 20);
  const auto& peak = peak_ops(best_tile_ops(core::DType::kFp32).isa);
  std::uint64_t sum = 0;
  for (const std::size_t kb : {16, 1024, 8 << 10, 32 << 10, 256 << 10}) {
    const std::size_t words = kb * 128, passes = std::max<std::size_t>(1, (256 << 10) / kb);
    double best = 0;
    for (int round = 0; round < 10; ++round) {
      const double seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID, [&] {
        for (std::size_t pass = 0; pass < passes; ++pass) sum += peak.read(memory.data(), words);
      });
      best = std::max(best, static_cast<double>(words * passes * 8) / seconds);
    }
    fmt::print("{} {} KB at {:.0f} GB/s", kb == 16 ? "" : ",", kb, best * 1e-9);
  }
  fmt::print("{}\n", sum == 0 ? " nothing" : "");
}

}  // namespace spanwise::kernels
