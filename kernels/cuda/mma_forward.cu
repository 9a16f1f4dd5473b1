// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/mma_forward.cuh"

namespace spanwise::kernels {
namespace {

template <class T, int HeadDim>
cudaError_t launch(const PlainTensors& tensors, const ForwardWork& work, const ForwardOutput& output, float scale,
                   cudaStream_t stream) {
  const auto kernel = mma_forward<T, HeadDim>;
  constexpr int kBytes = MmaBlock<T, HeadDim>::kBytes;
  if (const auto error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
      error != cudaSuccess) {
    return error;
  }
  kernel<<<static_cast<unsigned>(work.item_count), kMmaThreads, kBytes, stream>>>(tensors, work, output, scale * kLog2E);
  return cudaGetLastError();
}

template <class T>
cudaError_t launch_type(int head_dim, const PlainTensors& tensors, const ForwardWork& work, const ForwardOutput& output,
                        float scale, cudaStream_t stream) {
  if (head_dim == 64) return launch<T, 64>(tensors, work, output, scale, stream);
  if (head_dim == 128) return launch<T, 128>(tensors, work, output, scale, stream);
  return cudaErrorInvalidValue;
}

}  // namespace

cudaError_t launch_mma_forward(HalfType type, int head_dim, const PlainTensors& tensors, const ForwardWork& work,
                               const ForwardOutput& output, float scale, cudaStream_t stream) {
  if (type == HalfType::kBf16) return launch_type<__nv_bfloat16>(head_dim, tensors, work, output, scale, stream);
  return launch_type<__half>(head_dim, tensors, work, output, scale, stream);
}

}  // namespace spanwise::kernels
