// SPDX-License-Identifier: Apache-2.0
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "core/random.h"
#include "kernels/cuda/device_inputs.h"

namespace spanwise::kernels {
namespace {

template <class T>
__device__ T narrow(float value);
template <>
__device__ __nv_bfloat16 narrow(float value) {
  return __float2bfloat16_rn(value);
}
template <>
__device__ __half narrow(float value) {
  return __float2half_rn(value);
}

template <class T>
__global__ void fill(NormalRows what, T* out) {
  const std::int64_t count = what.heads * what.rows * what.dim;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const std::int64_t row = i / what.dim % what.rows;
    const std::int64_t head = i / what.dim / what.rows;
    const std::int64_t token = what.tile_tokens == nullptr ? row : what.tile_tokens[row / 128] + row % 128;
    const auto index = static_cast<std::uint64_t>((head * what.tokens + token) * what.dim + i % what.dim);
    const auto bits = core::random_bits(what.seed, static_cast<std::uint64_t>(what.tensor), index);
    out[(head * what.head_rows + row) * what.dim + i % what.dim] = narrow<T>(core::random_normal(bits));
  }
}

}  // namespace

cudaError_t fill_normal_rows(const NormalRows& what, bool bf16, void* out, cudaStream_t stream) {
  constexpr unsigned kBlocks = 2048, kThreads = 256;
  if (bf16) {
    fill<<<kBlocks, kThreads, 0, stream>>>(what, static_cast<__nv_bfloat16*>(out));
  } else {
    fill<<<kBlocks, kThreads, 0, stream>>>(what, static_cast<__half*>(out));
  }
  return cudaGetLastError();
}

}  // namespace spanwise::kernels
