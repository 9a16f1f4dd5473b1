// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/hopper_forward.cuh"

namespace spanwise::kernels {
namespace {

template <class T, int HeadDim, int Keys>
cudaError_t launch(const ForwardMaps& maps, const ForwardWork& work, const ForwardOutput& output, float scale,
                   int processors, cudaStream_t stream) {
  const auto kernel = hopper_forward<T, HeadDim, Keys>;
  constexpr int kBytes = Layout<HeadDim, Keys>::kBytes;
  if (const auto error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
      error != cudaSuccess) {
    return error;
  }
  kernel<<<static_cast<unsigned>(processors), kThreads, kBytes, stream>>>(maps.queries, maps.keys, maps.values,
                                                                           maps.output, work, output, scale * kLog2E);
  return cudaGetLastError();
}

template <class T>
cudaError_t launch_type(int head_dim, int key_tile, const ForwardMaps& maps, const ForwardWork& work,
                        const ForwardOutput& output, float scale, int processors, cudaStream_t stream) {
  const auto run = [&](auto launcher) { return launcher(maps, work, output, scale, processors, stream); };
  if (head_dim == 64 && key_tile == 128) return run(launch<T, 64, 128>);
  if (head_dim == 128 && key_tile == 128) return run(launch<T, 128, 128>);
  if (head_dim == 256 && key_tile == 64) return run(launch<T, 256, 64>);
  if (head_dim == 256 && key_tile == 80) return run(launch<T, 256, 80>);
  return cudaErrorInvalidValue;
}

}  // namespace

cudaError_t launch_forward(HalfType type, int head_dim, int key_tile, const ForwardMaps& maps, const ForwardWork& work,
                           const ForwardOutput& output, float scale, int processors, cudaStream_t stream) {
  if (type == HalfType::kBf16) {
    return launch_type<__nv_bfloat16>(head_dim, key_tile, maps, work, output, scale, processors, stream);
  }
  return launch_type<__half>(head_dim, key_tile, maps, work, output, scale, processors, stream);
}

}  // namespace spanwise::kernels
