// SPDX-License-Identifier: Apache-2.0
// The warpgroup that loads: one thread that keeps the copy engine busy.
#pragma once

#include "kernels/cuda/hopper_layout.cuh"

namespace spanwise::kernels {

// Walks the items of the queue and loads their tiles, as far ahead as the rings allow; also over the end of an item.
template <class L>
class Loader {
  using Box = Mailbox<L::kStages, L::kQuerySlots>;

 public:
  __device__ Loader(std::uint32_t shared, Box& box, const ForwardWork& work, const CUtensorMap* queries,
                    const CUtensorMap* keys, const CUtensorMap* values)
      : shared_(shared), box_(box), work_(work), queries_(queries), keys_(keys), values_(values) {}

  __device__ void run() {
    WorkItem next = take();
    while (next.tiles >= 0) {
      const WorkItem item = next;
      send(item);
      next = take();
      load(item);
    }
    send(next);
    if (value_tile_ >= 0) load_values();
  }

 private:
  __device__ static std::uint32_t at(std::uint64_t& barrier) { return ptx::shared_address(&barrier); }

  __device__ WorkItem take() const {
    const std::uint32_t index = atomicAdd(&work_.queue[0], 1);
    if (index >= static_cast<std::uint32_t>(work_.item_count)) return {0, 0, -1, 0};
    return work_.items[index];
  }

  __device__ void send(const WorkItem& item) {
    ptx::barrier_wait(at(box_.item_empty[item_.slot()]), item_.parity() ^ 1);
    box_.items[item_.slot()] = item;
    ptx::barrier_arrive(at(box_.item_full[item_.slot()]));
    item_.next();
  }

  // K of a tile goes ahead of V of the one before it: the consumers need them in this order.
  __device__ void load(const WorkItem& item) {
    const int kv_head = item.q_head / work_.group;
    const TileRun* next_run = work_.runs + item.first_run;
    TileRun run{0, 0, 0};
    for (int i = 0; i < item.tiles; ++i) {
      if (run.count == 0) run = *next_run++;
      load_keys(kv_head, run.first, run.mask);
      if (i == 0) load_queries(item);
      if (value_tile_ >= 0) load_values();
      value_tile_ = run.first++;
      value_head_ = kv_head;
      --run.count;
    }
  }

  __device__ void load_queries(const WorkItem& item) {
    ptx::barrier_wait(at(box_.query_empty[query_.slot()]), query_.parity() ^ 1);
    ptx::barrier_arrive_expecting(at(box_.query_full[query_.slot()]), L::kQueryBytes);
    ptx::load_tile(shared_ + L::kQueriesAt + query_.slot() * L::kQueryBytes, queries_,
                   {0, item.row * kCudaQueryTile, 0, item.q_head}, at(box_.query_full[query_.slot()]));
    query_.next();
  }

  __device__ void load_keys(int kv_head, int tile, int mask) {
    ptx::barrier_wait(at(box_.key_empty[key_.slot()]), key_.parity() ^ 1);
    box_.key_mask[key_.slot()] = mask;
    ptx::barrier_arrive_expecting(at(box_.key_full[key_.slot()]), L::kTileBytes);
    ptx::load_tile(shared_ + L::kKeysAt + key_.slot() * L::kTileBytes, keys_, {0, tile * L::kKeys, 0, kv_head},
                   at(box_.key_full[key_.slot()]));
    key_.next();
  }

  __device__ void load_values() {
    ptx::barrier_wait(at(box_.value_empty[value_.slot()]), value_.parity() ^ 1);
    ptx::barrier_arrive_expecting(at(box_.value_full[value_.slot()]), L::kTileBytes);
    ptx::load_tile(shared_ + L::kValuesAt + value_.slot() * L::kTileBytes, values_,
                   {0, value_tile_ * L::kKeys, 0, value_head_}, at(box_.value_full[value_.slot()]));
    value_.next();
  }

  std::uint32_t shared_;
  Box& box_;
  const ForwardWork& work_;
  const CUtensorMap *queries_, *keys_, *values_;
  int value_tile_ = -1, value_head_ = 0;  // not loaded yet
  Ring<kItemSlots> item_;
  Ring<L::kQuerySlots> query_;
  Ring<L::kStages> key_, value_;
};

}  // namespace spanwise::kernels
