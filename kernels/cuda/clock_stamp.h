// SPDX-License-Identifier: Apache-2.0
// The clock that a multiprocessor really has, from its own two counters: cycles and nanoseconds. The driver's figure
// lags behind by more than a burst lasts.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace spanwise::kernels {

struct ClockStamp {
  std::int64_t cycles = 0, nanoseconds = 0, processor = 0;
};

// A kernel that does nothing for a while.
cudaError_t launch_delay(long long cycles, cudaStream_t stream);

// The same by another name, so that a trace can tell work added on purpose from what only keeps the device waiting.
cudaError_t launch_slow_down(long long cycles, cudaStream_t stream);

// Writes one stamp, of whatever multiprocessor it runs on, to `stamp` on the device.
cudaError_t launch_clock_stamp(ClockStamp* stamp, cudaStream_t stream);

}  // namespace spanwise::kernels
