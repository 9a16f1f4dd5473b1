// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/clock_stamp.h"

namespace spanwise::kernels {
namespace {

__global__ void stamp_clock(ClockStamp* stamp) {
  std::uint64_t cycles = 0, nanoseconds = 0;
  std::uint32_t processor = 0;
  asm volatile("mov.u64 %0, %%clock64;\n\tmov.u64 %1, %%globaltimer;\n\tmov.u32 %2, %%smid;"
               : "=l"(cycles), "=l"(nanoseconds), "=r"(processor));
  *stamp = {static_cast<std::int64_t>(cycles), static_cast<std::int64_t>(nanoseconds),
            static_cast<std::int64_t>(processor)};
}

__device__ void spin(long long cycles) {
  const long long start = clock64();
  while (clock64() - start < cycles) {
  }
}

__global__ void delay(long long cycles) { spin(cycles); }
__global__ void slow_down(long long cycles) { spin(cycles); }

}  // namespace

cudaError_t launch_delay(long long cycles, cudaStream_t stream) {
  delay<<<1, 1, 0, stream>>>(cycles);
  return cudaGetLastError();
}

cudaError_t launch_slow_down(long long cycles, cudaStream_t stream) {
  slow_down<<<1, 1, 0, stream>>>(cycles);
  return cudaGetLastError();
}

cudaError_t launch_clock_stamp(ClockStamp* stamp, cudaStream_t stream) {
  stamp_clock<<<1, 1, 0, stream>>>(stamp);
  return cudaGetLastError();
}

}  // namespace spanwise::kernels
