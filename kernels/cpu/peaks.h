// SPDX-License-Identifier: Apache-2.0
// What this processor can do at best, measured the way the attention kernel uses it.
#pragma once

#include <string_view>

#include "core/thread_pool.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

inline constexpr std::string_view kPeakOps[] = {"peak_matrix", "peak_matrix_bf16", "peak_exp", "read_bandwidth", "launch"};

// One of kPeakOps. params: {"threads": n}, all threads of the pool by default.
//   peak_matrix     FLOP/s of fp32 multiply-adds in registers
//   peak_matrix_bf16  the same of what the bf16 kernel multiplies with: pairs, AMX tiles or, without either, fp32
//   peak_exp        exp2 results a second, from and to the first-level cache
//   read_bandwidth  B/s of one pass over an array at least four times the last cache
//   launch          milliseconds to start the threads on nothing and wait for them; no rate
// `ms` are those of one sample. The rate is that of the fast end (p05) of the samples: a bound that kernels
// are measured against must not sink because something else ran on the machine.
Measurement measure_peak(const Request& request, std::string_view isa, const DeviceFacts& device,
                         core::ThreadPool& pool);

}  // namespace spanwise::kernels
