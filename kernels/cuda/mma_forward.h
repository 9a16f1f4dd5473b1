// SPDX-License-Identifier: Apache-2.0
// The forward kernel for compute capability 8.0 and later as the host sees it; the plans are those of forward.h.
#pragma once

#include "kernels/cuda/forward.h"

namespace spanwise::kernels {

// Pointers are to device memory, 16-bit numbers: [q_heads][q_rows][head_dim] and [kv_heads][kv_rows][head_dim].
struct PlainTensors {
  const void *queries, *keys, *values;
  std::int32_t q_rows, kv_rows;
};

// head_dim is 64 or 128, KV tiles are of 128 keys. scale > 0 is in natural units.
cudaError_t launch_mma_forward(HalfType type, int head_dim, const PlainTensors& tensors, const ForwardWork& work,
                               const ForwardOutput& output, float scale, cudaStream_t stream);

}  // namespace spanwise::kernels
