// SPDX-License-Identifier: Apache-2.0
// What a block of the Hopper kernel keeps in shared memory: tiles, barriers, and messages from the loader to the consumers.
#pragma once

#include <cstdint>

#include "kernels/cuda/forward.h"
#include "kernels/cuda/ptx.cuh"

namespace spanwise::kernels {

inline constexpr int kConsumers = 2;  // warpgroups, 64 query rows each
inline constexpr int kThreads = 128 * (1 + kConsumers);
inline constexpr int kItemSlots = 2;

// Sizes in bytes of what a block keeps in shared memory.
template <int HeadDim, int Keys>
struct Layout {
  static constexpr int kKeys = Keys;
  static constexpr int kMaskWords = (Keys + 31) / 32;  // of a row
  static constexpr int kChunks = HeadDim / 64;         // of 64 columns, 128 bytes
  static constexpr int kStages = HeadDim == 64 ? 4 : 2;
  // 256 columns leave room for one tile of queries and none to stage the output in.
  static constexpr bool kStaged = HeadDim <= 128;
  static constexpr int kQuerySlots = kStaged ? 2 : 1;
  static constexpr int kQueryBytes = kCudaQueryTile * HeadDim * 2;
  static constexpr int kTileBytes = kKeys * HeadDim * 2;  // of K, and of V
  static constexpr int kQueriesAt = 0;
  static constexpr int kKeysAt = kQuerySlots * kQueryBytes;
  static constexpr int kValuesAt = kKeysAt + kStages * kTileBytes;
  static constexpr int kOutputAt = kValuesAt + kStages * kTileBytes;
  static constexpr int kBarriersAt = kOutputAt + (kStaged ? kQueryBytes : 0);
  static constexpr int kBytes = kBarriersAt + 512 + 1024;  // and what aligns the start to 1,024
};

// Barriers and messages from the loader to the consumers.
template <int Stages, int QuerySlots>
struct Mailbox {
  std::uint64_t query_full[QuerySlots], query_empty[QuerySlots];
  std::uint64_t key_full[Stages], key_empty[Stages];
  std::uint64_t value_full[Stages], value_empty[Stages];
  std::uint64_t item_full[kItemSlots], item_empty[kItemSlots];
  WorkItem items[kItemSlots];
  std::int32_t key_mask[Stages];
};

// Position in a ring of `Size` slots, a power of two; a slot's barriers change parity each time around.
template <int Size>
class Ring {
 public:
  __device__ int slot() const { return static_cast<int>(passed_ % Size); }
  __device__ std::uint32_t parity() const { return passed_ / Size & 1; }
  __device__ void next() { ++passed_; }

 private:
  std::uint32_t passed_ = 0;
};

template <int Stages, int QuerySlots>
__device__ inline void init_mailbox(Mailbox<Stages, QuerySlots>& box) {
  constexpr int kWarps = 4 * kConsumers;
  const auto init = [](std::uint64_t& barrier, int arrivals) {
    ptx::barrier_init(ptx::shared_address(&barrier), arrivals);
  };
  for (int i = 0; i < QuerySlots; ++i) {
    init(box.query_full[i], 1);
    init(box.query_empty[i], kWarps);
  }
  for (int i = 0; i < Stages; ++i) {
    init(box.key_full[i], 1);
    init(box.key_empty[i], kWarps);
    init(box.value_full[i], 1);
    init(box.value_empty[i], kWarps);
  }
  for (int i = 0; i < kItemSlots; ++i) {
    init(box.item_full[i], 1);
    init(box.item_empty[i], kWarps);
  }
  ptx::barrier_init_fence();
}

}  // namespace spanwise::kernels
