// SPDX-License-Identifier: Apache-2.0
// Kernels that do nothing but what a card is limited by. Each enqueues one launch on the default stream.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace spanwise::kernels {

// Two warpgroups a multiprocessor multiply 64x128 by 128x128, random bf16 in shared memory under the 128-byte swizzle,
// as the attention kernel makes its scores. FLOPs of a launch: matrix_flops.
cudaError_t launch_matrix_peak(int processors, float* never_written);
double matrix_flops(int processors);

// 2^x in registers; results of a launch: exp_results.
cudaError_t launch_exp_peak(int processors, float* never_written);
double exp_results(int processors);

// 16-byte loads from shared memory without bank conflicts; bytes of a launch: shared_bytes.
cudaError_t launch_shared_reads(int processors, std::uint32_t* never_written);
double shared_bytes(int processors);

// `blocks` (1, 2 or 4) a multiprocessor load tiles of 128 rows by 128 columns of bf16 (32 KiB) by the copy engine, all
// of them over and over, 128 KiB on their way a multiprocessor. The map (tensor_map.h) has `tiles` tiles.
inline constexpr int kPeakTileBytes = 128 * 128 * 2;
inline constexpr int kPeakTileLoads = 4096;  // of a multiprocessor and launch
cudaError_t launch_tile_loads(int processors, int blocks, const CUtensorMap& map, int tiles);

// `count` 16-byte words, a multiple of kPeakWords.
inline constexpr std::size_t kPeakWords = std::size_t{1} << 20;
cudaError_t launch_fill(uint4* words, std::size_t count);
cudaError_t launch_read(int processors, const uint4* words, std::size_t count, std::uint32_t* never_written);
cudaError_t launch_copy(const uint4* from, uint4* to, std::size_t count);

cudaError_t launch_nothing();

}  // namespace spanwise::kernels
