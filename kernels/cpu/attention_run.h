// SPDX-License-Identifier: Apache-2.0
// One attention case from start to end: memory, inputs, plan, check, time.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/thread_pool.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

// The correctness check comes first, the timing after it, even of a kernel that failed the check. Uses at
// most `memory_limit` bytes; beyond it the status is out of memory before anything is allocated. `isa` limits the
// instruction set (empty: no limit). With a cold cache the last level is overwritten before every sample. `slowdown` adds
// that share of its own work to every timed run.
Measurement measure_attention(const Request& request, std::string_view isa, std::uint64_t memory_limit,
                              core::ThreadPool& pool, double slowdown = 0);

}  // namespace spanwise::kernels
