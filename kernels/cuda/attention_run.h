// SPDX-License-Identifier: Apache-2.0
// One attention case on the CUDA device: checked against float64 first, then timed.
#pragma once

#include "core/thread_pool.h"
#include "kernels/cuda/nvml.h"
#include "kernels/runner/protocol.h"

namespace spanwise::kernels {

inline constexpr const char* kHopperKernel = "spanwise-hopper";  // compute capability 9.0
inline constexpr const char* kMmaKernel = "spanwise-mma";        // 8.0 and later

// What kernels need to know of the device, and what is read while they are timed.
struct CudaDevice {
  bool hopper = true;
  int processors = 0;
  std::int64_t l2_bytes = 0;
  const Nvml* nvml = nullptr;  // null where the driver tells nothing
};

// Why the kernel cannot run the request; empty when it can.
std::string cuda_unsupported_reason(const Request& request, const CudaDevice& device);

// `slowdown`: launch_timer.h. Throws std::bad_alloc when the device's memory does not suffice, CudaError (device_buffer.h) when a call fails.
Measurement measure_cuda_attention(const Request& request, const CudaDevice& device, core::ThreadPool& pool, double slowdown = 0);

}  // namespace spanwise::kernels
