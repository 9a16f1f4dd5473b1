// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/interrupt.h"
#include "core/thread_pool.h"

namespace spanwise::tuner {

// How much a search may spend. What it returns depends on the time limit only when it runs into it.
struct Effort {
  // Labels of one search after which it gives up and reports the gap that is left; about 100 bytes each at most.
  std::uint64_t max_labels = 24'000'000;
  std::optional<std::chrono::steady_clock::time_point> until;
  core::ThreadPool* pool = nullptr;  // nullptr: this thread alone

  bool spent() const { return core::interrupted() || (until && std::chrono::steady_clock::now() >= *until); }
};

}  // namespace spanwise::tuner
