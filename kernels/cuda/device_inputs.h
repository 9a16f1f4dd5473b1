// SPDX-License-Identifier: Apache-2.0
// The inputs of inputs.h, made on the device with the same bits.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/inputs.h"

namespace spanwise::kernels {

// Rows of a tensor [heads][tokens][dim] in 16 bits, of which the first `rows` of each head in `out`
// ([heads][head_rows][dim]) are written. Row r is token tile_tokens[r / 128] + r % 128; a null tile_tokens stands for all
// tokens in order.
struct NormalRows {
  std::uint64_t seed = 0;
  Tensor tensor = Tensor::kQueries;
  std::int64_t heads = 1, tokens = 1, dim = 1, rows = 1, head_rows = 1;
  const std::int32_t* tile_tokens = nullptr;  // on the device
};

cudaError_t fill_normal_rows(const NormalRows& what, bool bf16, void* out, cudaStream_t stream);

}  // namespace spanwise::kernels
