// SPDX-License-Identifier: Apache-2.0
// One attention case from start to end: memory, inputs, plan, check, time.
#pragma once

#include <cstdint>
#include <string>

#include "core/int128.h"
#include "core/thread_pool.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

inline constexpr const char* kCpuKernel = "spanwise-cpu-fp32";

// Why the kernel cannot run the request; empty when it can.
std::string unsupported_reason(const Request& request);

// Bytes that the case needs without its plan: inputs, outputs and, where asked for, what the check holds.
core::Count memory_needed(const Request& request);

// The correctness check comes first, the timing after it, even of a kernel that failed the check. Uses at
// most `memory_limit` bytes; beyond it the status is out of memory before anything is allocated.
Measurement measure_attention(const Request& request, const TileOps& ops, std::uint64_t memory_limit,
                              core::ThreadPool& pool);

}  // namespace spanwise::kernels
