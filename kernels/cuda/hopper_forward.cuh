// SPDX-License-Identifier: Apache-2.0
// Forward attention for Hopper: one warpgroup loads tiles by TMA, two multiply 64 query rows each by wgmma.
//
// The structure is that of FlashAttention-3 (Shah et al., 2024, arXiv 2407.08608, sections 3.1 and 3.2), written anew:
// the softmax of a tile overlaps the product of its predecessor's weights with V, and the two consumers take turns at
// the tensor cores. What differs: the loader walks runs of tiles, so that dense, windowed and block-sparse rows are the
// same code; masks are bitmaps read on partial tiles only; blocks stay resident and take items from a queue.
#pragma once

#include "kernels/cuda/hopper_consumer.cuh"
#include "kernels/cuda/hopper_loader.cuh"

namespace spanwise::kernels {

// The last block to end leaves the queue as it found it.
__device__ inline void leave_queue(std::uint32_t* queue) {
  __threadfence();
  if (atomicAdd(&queue[1], 1) == gridDim.x - 1) {
    queue[0] = 0;
    queue[1] = 0;
  }
}

template <class T, int HeadDim, int Keys>
__global__ __launch_bounds__(kThreads, 1) void hopper_forward(const __grid_constant__ CUtensorMap queries,
                                                              const __grid_constant__ CUtensorMap keys,
                                                              const __grid_constant__ CUtensorMap values,
                                                              const __grid_constant__ CUtensorMap output_map,
                                                              const __grid_constant__ ForwardWork work,
                                                              const __grid_constant__ ForwardOutput output, float scale) {
  using L = Layout<HeadDim, Keys>;
  extern __shared__ std::uint8_t raw[];
  std::uint8_t* aligned = raw + (1024 - ptx::shared_address(raw) % 1024) % 1024;
  const std::uint32_t shared = ptx::shared_address(aligned);
  auto& box = *reinterpret_cast<Mailbox<L::kStages, L::kQuerySlots>*>(aligned + L::kBarriersAt);
  static_assert(sizeof(box) <= 512);
  if (threadIdx.x == 0) init_mailbox(box);
  __syncthreads();

  const int warpgroup = static_cast<int>(threadIdx.x) / 128;
  if (warpgroup == 0) {
    ptx::give_registers<40>();
    if (threadIdx.x == 0) {
      ptx::prefetch_map(&queries);
      ptx::prefetch_map(&keys);
      ptx::prefetch_map(&values);
      Loader<L>(shared, box, work, &queries, &keys, &values).run();
      leave_queue(work.queue);
    }
  } else {
    ptx::take_registers<232>();
    Consumer<T, HeadDim, L>(shared, box, work, output, &output_map, scale, warpgroup - 1).run();
  }
}

}  // namespace spanwise::kernels
