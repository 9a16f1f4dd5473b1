// SPDX-License-Identifier: Apache-2.0
#include "core/random.h"
#include "kernels/cuda/peak_kernels.h"
#include "kernels/cuda/ptx.cuh"
#include "kernels/cuda/softmax.cuh"
#include "kernels/cuda/wgmma.cuh"

namespace spanwise::kernels {
namespace {

// Results that nothing reads are written under a condition that never holds, which the compiler cannot know.
constexpr float kNeverFloat = 1.25e-30f;
constexpr std::uint32_t kNeverWord = 0x13579bdf;

constexpr int kMatrixThreads = 256, kMatrixRounds = 512;
constexpr int kMatrixDepth = 128, kMatrixSteps = kMatrixDepth / 16;
constexpr int kMatrixBytes = 128 * kMatrixDepth * 2;  // of either operand: 128 rows
constexpr int kMatrixChunkBytes = 128 * 128;          // 64 columns of 128 rows

__device__ inline void multiply(float (&sums)[64], const wgmma::Matrix& left, const wgmma::Matrix& right) {
  wgmma::fence();
#pragma unroll
  for (int step = 0; step < kMatrixSteps; ++step) {
    const int at = step / 4 * kMatrixChunkBytes + step % 4 * 32;
    wgmma::scores<__nv_bfloat16>(sums, left.at(at), right.at(at), 1);  // sums that replace each other would be left out
  }
  wgmma::commit();
}

__global__ void __launch_bounds__(kMatrixThreads, 1) matrix_peak(float* never) {
  extern __shared__ unsigned char memory[];
  const std::uint32_t base = (ptx::shared_address(memory) + 1023) & ~1023u;
  auto* operands = reinterpret_cast<__nv_bfloat16*>(memory + (base - ptx::shared_address(memory)));
  for (int i = static_cast<int>(threadIdx.x); i < kMatrixBytes; i += kMatrixThreads) {  // of both, two bytes each
    operands[i] = __float2bfloat16_rn(core::random_normal(core::random_bits(0, 1, static_cast<std::uint64_t>(i))));
  }
  ptx::fence_for_copies();
  __syncthreads();
  const int group = static_cast<int>(threadIdx.x) / 128;
  const wgmma::Matrix left(wgmma::kDepthMajor, base + group * 64 * 128);
  const wgmma::Matrix right(wgmma::kDepthMajor, base + kMatrixBytes);
  float even[64] = {}, odd[64] = {};  // one is on its way while the other starts
  for (int round = 0; round < kMatrixRounds; ++round) {
    multiply(even, left, right);
    wgmma::wait<1>();
    multiply(odd, left, right);
    wgmma::wait<1>();
  }
  wgmma::wait<0>();
  wgmma::pin(even);
  wgmma::pin(odd);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 64; ++i) sum += even[i] + odd[i];
  if (sum == kNeverFloat) *never = sum;
}

constexpr int kExpThreads = 1024, kExpRounds = 2048, kExpChains = 8;

__global__ void __launch_bounds__(kExpThreads, 1) exp_peak(float* never) {
  float x[kExpChains];
#pragma unroll
  for (int i = 0; i < kExpChains; ++i) x[i] = 0.001f * static_cast<float>(threadIdx.x) + static_cast<float>(i);
  for (int round = 0; round < kExpRounds; ++round) {
#pragma unroll
    for (int i = 0; i < kExpChains; ++i) x[i] = exp2_fast(-x[i]);
  }
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kExpChains; ++i) sum += x[i];
  if (sum == kNeverFloat) *never = sum;
}

constexpr int kSharedThreads = 1024, kSharedRounds = 1024, kSharedLoads = 8;
constexpr int kSharedBytes = 128 * 1024;

__global__ void __launch_bounds__(kSharedThreads, 1) shared_reads(std::uint32_t* never) {
  extern __shared__ unsigned char memory[];
  auto* words = reinterpret_cast<std::uint32_t*>(memory);
  for (int i = static_cast<int>(threadIdx.x); i < kSharedBytes / 4; i += kSharedThreads) {
    words[i] = static_cast<std::uint32_t>(core::random_bits(0, 1, static_cast<std::uint64_t>(i)));
  }
  __syncthreads();
  const std::uint32_t base = ptx::shared_address(memory) + threadIdx.x * 16;
  std::uint32_t sum = 0;
  for (int round = 0; round < kSharedRounds; ++round) {
#pragma unroll
    for (int i = 0; i < kSharedLoads; ++i) {
      std::uint32_t a, b, c, d;
      asm volatile("ld.volatile.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
                   : "=r"(a), "=r"(b), "=r"(c), "=r"(d)
                   : "r"(base + i * kSharedThreads * 16));
      sum ^= a ^ b;
      sum ^= c ^ d;
    }
  }
  if (sum == kNeverWord) *never = sum;
}

__global__ void __launch_bounds__(32) tile_loads(const __grid_constant__ CUtensorMap map, int tiles, int stages,
                                                 int loads) {
  extern __shared__ unsigned char memory[];
  __shared__ std::uint64_t full[4];
  if (threadIdx.x != 0) return;
  const std::uint32_t base = (ptx::shared_address(memory) + 1023) & ~1023u;
  for (int i = 0; i < stages; ++i) ptx::barrier_init(ptx::shared_address(&full[i]), 1);
  ptx::barrier_init_fence();
  // Neighbours start far apart, so that at one time the blocks ask for different tiles.
  int tile = static_cast<int>(static_cast<std::int64_t>(blockIdx.x) * tiles / gridDim.x);
  const auto load = [&](int slot) {
    const std::uint32_t barrier = ptx::shared_address(&full[slot]);
    ptx::barrier_arrive_expecting(barrier, kPeakTileBytes);
    ptx::load_tile(base + slot * kPeakTileBytes, &map, {0, tile * 128, 0, 0}, barrier);
    if (++tile == tiles) tile = 0;
  };
  for (int i = 0; i < stages; ++i) load(i);
  int slot = 0;
  std::uint32_t parity = 0;
  for (int i = 0; i < loads; ++i) {
    ptx::barrier_wait(ptx::shared_address(&full[slot]), parity);
    if (i + stages < loads) load(slot);
    if (++slot == stages) {
      slot = 0;
      parity ^= 1;
    }
  }
}

constexpr unsigned kStreamThreads = 512, kStreamBlocks = 4;  // of a multiprocessor
constexpr int kStreamLoads = 4;

__global__ void fill_words(uint4* words, std::size_t count) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    const std::uint64_t a = core::random_bits(0, 1, 2 * i), b = core::random_bits(0, 1, 2 * i + 1);
    words[i] = {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32), static_cast<std::uint32_t>(b),
                static_cast<std::uint32_t>(b >> 32)};
  }
}

__global__ void __launch_bounds__(kStreamThreads) read_words(const uint4* words, std::size_t count,
                                                             std::uint32_t* never) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * kStreamThreads * kStreamLoads;
  std::size_t at = static_cast<std::size_t>(blockIdx.x) * kStreamThreads * kStreamLoads + threadIdx.x;
  std::uint32_t sum = 0;
  for (; at < count; at += step) {
    uint4 loaded[kStreamLoads];
#pragma unroll
    for (int i = 0; i < kStreamLoads; ++i) loaded[i] = __ldcs(words + at + i * kStreamThreads);
#pragma unroll
    for (int i = 0; i < kStreamLoads; ++i) sum ^= loaded[i].x ^ loaded[i].y ^ loaded[i].z ^ loaded[i].w;
  }
  if (sum == kNeverWord) *never = sum;
}

// A word a thread and a block for each part, as the fastest copies are (docs/kernels/notes.md).
__global__ void __launch_bounds__(kStreamThreads) copy_words(const uint4* from, uint4* to) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * kStreamThreads + threadIdx.x;
  to[i] = from[i];
}

__global__ void nothing() {}

// With so much dynamic shared memory, less than 48 KiB included.
template <class Kernel, class... Arguments>
cudaError_t launch(Kernel kernel, int blocks, int threads, int shared, Arguments... arguments) {
  const auto error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared);
  if (error != cudaSuccess) return error;
  kernel<<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), static_cast<std::size_t>(shared)>>>(
      arguments...);
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch_matrix_peak(int processors, float* never_written) {
  return launch(matrix_peak, processors, kMatrixThreads, 2 * kMatrixBytes + 1024, never_written);
}
double matrix_flops(int processors) {
  return 2.0 * 128 * 128 * kMatrixDepth * 2 * kMatrixRounds * processors;  // two products a round
}

cudaError_t launch_exp_peak(int processors, float* never_written) {
  return launch(exp_peak, 2 * processors, kExpThreads, 0, never_written);
}
double exp_results(int processors) { return 2.0 * kExpThreads * kExpRounds * kExpChains * processors; }

cudaError_t launch_shared_reads(int processors, std::uint32_t* never_written) {
  return launch(shared_reads, processors, kSharedThreads, kSharedBytes, never_written);
}
double shared_bytes(int processors) { return 16.0 * kSharedThreads * kSharedRounds * kSharedLoads * processors; }

cudaError_t launch_tile_loads(int processors, int blocks, const CUtensorMap& map, int tiles) {
  const int stages = 4 / blocks;
  return launch(tile_loads, processors * blocks, 32, stages * kPeakTileBytes + 1024, map, tiles, stages,
                kPeakTileLoads / blocks);
}

cudaError_t launch_fill(uint4* words, std::size_t count) {
  fill_words<<<2048, 256>>>(words, count);
  return cudaGetLastError();
}

cudaError_t launch_read(int processors, const uint4* words, std::size_t count, std::uint32_t* never_written) {
  read_words<<<kStreamBlocks * static_cast<unsigned>(processors), kStreamThreads>>>(words, count, never_written);
  return cudaGetLastError();
}

cudaError_t launch_copy(const uint4* from, uint4* to, std::size_t count) {
  copy_words<<<static_cast<unsigned>(count / kStreamThreads), kStreamThreads>>>(from, to);
  return cudaGetLastError();
}

cudaError_t launch_nothing() {
  nothing<<<1, 1>>>();
  return cudaGetLastError();
}

}  // namespace spanwise::kernels
