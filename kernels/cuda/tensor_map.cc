// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/tensor_map.h"

#include <cudaTypedefs.h>
#include <cuda_runtime.h>
#include <fmt/format.h>

namespace spanwise::kernels {
namespace {

// From the driver through the runtime, so that the program does not link to libcuda.
PFN_cuTensorMapEncodeTiled_v12000 encoder() {
  void* address = nullptr;
  cudaDriverEntryPointQueryResult found{};
  const auto error =
      cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &address, 12000, cudaEnableDefault, &found);
  if (error != cudaSuccess || found != cudaDriverEntryPointSuccess) return nullptr;
  return reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(address);
}

}  // namespace

core::Result<CUtensorMap> make_map(void* tensor, bool bf16, const MapShape& shape) {
  const auto encode = encoder();
  if (encode == nullptr) {
    return core::fail(core::Fault::kEnvironment, "the CUDA driver does not know cuTensorMapEncodeTiled",
                      "a driver for CUDA 12.0 or later is needed");
  }
  constexpr std::uint64_t kChunkBytes = 128;
  const auto row_bytes = static_cast<std::uint64_t>(shape.head_dim) * 2;
  const cuuint64_t sizes[4] = {64, static_cast<cuuint64_t>(shape.rows), static_cast<cuuint64_t>(shape.head_dim / 64),
                               static_cast<cuuint64_t>(shape.heads)};
  const cuuint64_t strides[3] = {row_bytes, kChunkBytes, row_bytes * static_cast<cuuint64_t>(shape.rows)};
  const cuuint32_t box[4] = {64, static_cast<cuuint32_t>(shape.box_rows), static_cast<cuuint32_t>(shape.box_chunks), 1};
  const cuuint32_t steps[4] = {1, 1, 1, 1};
  CUtensorMap map{};
  const auto status =
      encode(&map, bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 4, tensor, sizes, strides,
             box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
             CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS) {
    return core::fail(core::Fault::kEnvironment,
                      fmt::format("the CUDA driver refused a tensor map of {} heads, {} rows, {} columns (error {})",
                                  shape.heads, shape.rows, shape.head_dim, static_cast<int>(status)));
  }
  return map;
}

}  // namespace spanwise::kernels
