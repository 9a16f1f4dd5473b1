// SPDX-License-Identifier: Apache-2.0
// What this card can do at best, measured the way the attention kernel uses it.
#pragma once

#include <string_view>

#include "kernels/cuda/attention_run.h"

namespace spanwise::kernels {

inline constexpr std::string_view kCudaPeakOps[] = {"peak_matrix_bf16", "peak_exp",       "shared_bandwidth", "l2_bandwidth",
                                                    "copy_bandwidth",   "read_bandwidth", "launch"};

// One of kCudaPeakOps:
//   peak_matrix_bf16  FLOP/s of wgmma on random numbers, both operands in shared memory
//   peak_exp          results a second of ex2
//   shared_bandwidth  B/s that threads read from shared memory
//   l2_bandwidth      B/s of tiles that the copy engine brings from the second-level cache to shared memory; params
//                     {"blocks": 1, 2 or 4} a multiprocessor, 1 by default
//   copy_bandwidth    B/s of the card's memory, read and written counted
//   read_bandwidth    B/s of the card's memory
//   launch            milliseconds from a launch to the next of an empty kernel, enqueued ahead; no rate
// `ms` are those of one launch by events. The rate is that of the fast end (p05) of the samples.
// Throws std::bad_alloc and CudaError as measure_cuda_attention does.
Measurement measure_cuda_peak(const Request& request, const CudaDevice& device);

}  // namespace spanwise::kernels
