// SPDX-License-Identifier: Apache-2.0
// Forward attention for Hopper: one warpgroup loads tiles by TMA, two multiply 64 query rows each by wgmma.
//
// The structure is that of FlashAttention-3 (Shah et al., 2024, arXiv 2407.08608, sections 3.1 and 3.2), written anew:
// the softmax of a tile overlaps the product of its predecessor's weights with V, and the two consumers take turns at
// the tensor cores. What differs: the loader walks runs of tiles, so that dense, windowed and block-sparse rows are the
// same code; masks are bitmaps read on partial tiles only; blocks stay resident and take items from a queue.
#pragma once

#include <cmath>

#include "kernels/cuda/forward.h"
#include "kernels/cuda/ptx.cuh"
#include "kernels/cuda/wgmma.cuh"

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
  // Taking turns at the tensor cores pays where exponentials take as long as products (measured: +27 % at 64 columns,
  // -2 % at 128 and at 256).
  static constexpr bool kTurns = HeadDim == 64;
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

// Position in a ring of `Size` slots; a slot's barriers change parity each time around.
template <int Size>
struct Ring {
  int slot = 0;
  std::uint32_t parity = 0;
  __device__ void next() {
    if (++slot == Size) {
      slot = 0;
      parity ^= 1;
    }
  }
};

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
    ptx::barrier_wait(at(box_.item_empty[item_.slot]), item_.parity ^ 1);
    box_.items[item_.slot] = item;
    ptx::barrier_arrive(at(box_.item_full[item_.slot]));
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
    ptx::barrier_wait(at(box_.query_empty[query_.slot]), query_.parity ^ 1);
    ptx::barrier_arrive_expecting(at(box_.query_full[query_.slot]), L::kQueryBytes);
    ptx::load_tile(shared_ + L::kQueriesAt + query_.slot * L::kQueryBytes, queries_,
                   {0, item.row * kCudaQueryTile, 0, item.q_head}, at(box_.query_full[query_.slot]));
    query_.next();
  }

  __device__ void load_keys(int kv_head, int tile, int mask) {
    ptx::barrier_wait(at(box_.key_empty[key_.slot]), key_.parity ^ 1);
    box_.key_mask[key_.slot] = mask;
    ptx::barrier_arrive_expecting(at(box_.key_full[key_.slot]), L::kTileBytes);
    ptx::load_tile(shared_ + L::kKeysAt + key_.slot * L::kTileBytes, keys_, {0, tile * L::kKeys, 0, kv_head},
                   at(box_.key_full[key_.slot]));
    key_.next();
  }

  __device__ void load_values() {
    ptx::barrier_wait(at(box_.value_empty[value_.slot]), value_.parity ^ 1);
    ptx::barrier_arrive_expecting(at(box_.value_full[value_.slot]), L::kTileBytes);
    ptx::load_tile(shared_ + L::kValuesAt + value_.slot * L::kTileBytes, values_,
                   {0, value_tile_ * L::kKeys, 0, value_head_}, at(box_.value_full[value_.slot]));
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

template <class T>
__device__ inline std::uint32_t pack(float low, float high) {
  std::uint32_t packed;
  if constexpr (wgmma::kBf16<T>) {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  } else {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  }
  return packed;
}

// Largest or sum over the four threads that share a row.
template <class Op>
__device__ inline float over_row(float value, Op op) {
  value = op(value, __shfl_xor_sync(0xffffffffu, value, 1));
  return op(value, __shfl_xor_sync(0xffffffffu, value, 2));
}

// Scores and online softmax of the two rows of a thread (registers as in wgmma.cuh). Base 2.
template <int Count>
struct Softmax {
  float top[2] = {-INFINITY, -INFINITY};  // largest score so far, not scaled
  float sum[2] = {0, 0};                  // of this thread's weights

  // Bit (column % 32) of words[row][column / 32] clear: the key is not seen.
  __device__ static void mask(float (&scores)[Count], const std::uint32_t* const (&words)[2], int quad) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        const std::uint32_t bits = words[half][j / 4] >> (8 * (j % 4) + 2 * quad);
        if ((bits & 1) == 0) scores[4 * j + 2 * half] = -INFINITY;
        if ((bits & 2) == 0) scores[4 * j + 2 * half + 1] = -INFINITY;
      }
    }
  }

  // Turns scores into weights; `shrink` is the factor by which earlier sums and outputs shrink. Exact although `top`
  // follows the largest score only when that has risen far: a weight may then be as large as 2^kSlack, which costs no
  // precision (FlashAttention-4 does the same).
  __device__ void step(float (&scores)[Count], float scale, float (&shrink)[2]) {
    constexpr float kSlack = 8;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float largest = scores[2 * half];
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        largest = fmaxf(largest, fmaxf(scores[4 * j + 2 * half], scores[4 * j + 2 * half + 1]));
      }
      largest = over_row(largest, [](float a, float b) { return fmaxf(a, b); });
      const float before = top[half];
      if ((largest - before) * scale > kSlack) top[half] = largest;  // false where both are -infinity
      const float origin = top[half] == -INFINITY ? 0.0f : top[half] * scale;
      shrink[half] = ptx::exp2_fast(fmaf(before, scale, -origin));
      float total = 0;
#pragma unroll
      for (int j = 0; j < Count / 4; ++j) {
        float& a = scores[4 * j + 2 * half];
        float& b = scores[4 * j + 2 * half + 1];
        a = ptx::exp2_fast(fmaf(a, scale, -origin));
        b = ptx::exp2_fast(fmaf(b, scale, -origin));
        total += a + b;
      }
      sum[half] = fmaf(sum[half], shrink[half], total);
    }
  }
};

// 64 query rows. Where registers allow (Layout::kStaged), the tiles of all its items are one stream: the scores of a tile and the values of the one before it are
// on their way together, also where the one before belongs to another item, whose output is then written while the
// first scores of the next are made.
template <class T, int HeadDim, class L>
class Consumer {
  using Box = Mailbox<L::kStages, L::kQuerySlots>;
  static constexpr int kScores = L::kKeys / 2;  // registers
  static constexpr int kOutputs = HeadDim / 2;

 public:
  __device__ Consumer(std::uint32_t shared, Box& box, const ForwardWork& work, const ForwardOutput& output,
                      const CUtensorMap* output_map, float scale, int group)
      : shared_(shared),
        box_(box),
        work_(work),
        output_(output),
        output_map_(output_map),
        scale_(scale),
        group_(group),
        thread_(static_cast<int>(threadIdx.x) % 128),
        row_(group * 64 + thread_ / 32 * 16 + thread_ % 32 / 4),
        quad_(thread_ % 4) {}

  __device__ void run() {
    // The first group starts the turns.
    if (L::kTurns && group_ != 0) ptx::named_arrive(turn_of(0), 2 * 128);
    WorkItem item = next_item();
    if (item.tiles >= 0) attend(item);
    if (L::kStaged && thread_ == 0) ptx::wait_for_stores();
  }

 private:
  __device__ static std::uint32_t at(std::uint64_t& barrier) { return ptx::shared_address(&barrier); }
  __device__ static int turn_of(int group) { return 1 + group; }
  __device__ int own_barrier() const { return 1 + kConsumers + group_; }

  __device__ void release(std::uint64_t& barrier) const {
    if (thread_ % 32 == 0) ptx::barrier_arrive(at(barrier));
  }

  // The next item that has tiles, or the end (tiles < 0). Rows that see nothing are written on the way.
  __device__ WorkItem next_item() {
    while (true) {
      ptx::barrier_wait(at(box_.item_full[item_.slot]), item_.parity);
      const WorkItem item = box_.items[item_.slot];
      __syncwarp();
      release(box_.item_empty[item_.slot]);
      item_.next();
      if (item.tiles != 0) return item;
      write_nothing(item);
    }
  }

  __device__ void attend(WorkItem item) {
    float scores[kScores];
    float output[kOutputs];
    std::uint32_t weights[kScores / 2];
    Softmax<kScores> softmax;
    first_tile(item.tiles == 1, scores, weights, softmax);
    int accumulate = 0;  // the first values of an item replace the output of the one before
    int left = item.tiles - 1;
    while (true) {
      for (; left > 0; --left) {
        next_tile(left == 1, accumulate, scores, weights, output, softmax);
        accumulate = 1;
      }
      const WorkItem next = next_item();
      if (next.tiles < 0) break;
      if constexpr (L::kStaged) {
        next_item_tile(item, next.tiles == 1, accumulate, scores, weights, output, softmax);
      } else {  // registers for one item only
        last_values(item, accumulate, weights, output, softmax);
        softmax = {};
        first_tile(next.tiles == 1, scores, weights, softmax);
      }
      item = next;
      left = item.tiles - 1;
      accumulate = 0;
    }
    last_values(item, accumulate, weights, output, softmax);
  }

  __device__ void last_values(const WorkItem& item, int accumulate, const std::uint32_t (&weights)[kScores / 2],
                              float (&output)[kOutputs], const Softmax<kScores>& softmax) {
    issue_values(values(), weights, output, accumulate);
    wgmma::wait<0>();
    wgmma::pin(output);
    values_done();
    finish(item, output, softmax);
  }

  __device__ void wait_for_queries() {
    ptx::barrier_wait(at(box_.query_full[query_.slot]), query_.parity);
  }

  __device__ int wait_for_keys() {
    ptx::barrier_wait(at(box_.key_full[key_.slot]), key_.parity);
    return box_.key_mask[key_.slot];
  }

  __device__ wgmma::Matrix queries() const {
    return wgmma::depth_major(shared_ + L::kQueriesAt + query_.slot * L::kQueryBytes + group_ * 64 * 128);
  }
  __device__ wgmma::Matrix keys() const {
    return wgmma::depth_major(shared_ + L::kKeysAt + key_.slot * L::kTileBytes);
  }
  __device__ wgmma::Matrix values() const {
    return wgmma::column_major(shared_ + L::kValuesAt + value_.slot * L::kTileBytes, L::kKeys * 128);
  }

  __device__ static void issue_scores(wgmma::Matrix queries, wgmma::Matrix keys, float (&scores)[kScores]) {
    wgmma::fence();
#pragma unroll
    for (int step = 0; step < HeadDim / 16; ++step) {
      const int chunk = step / 4;
      const int inside = step % 4 * 32;
      wgmma::scores<T>(scores, queries.at(chunk * kCudaQueryTile * 128 + inside),
                       keys.at(chunk * L::kKeys * 128 + inside), step != 0);
    }
    wgmma::commit();
  }

  __device__ void issue_values(wgmma::Matrix values, const std::uint32_t (&weights)[kScores / 2],
                               float (&output)[kOutputs], int accumulate) {
    ptx::barrier_wait(at(box_.value_full[value_.slot]), value_.parity);
    wgmma::fence();
#pragma unroll
    for (int step = 0; step < L::kKeys / 16; ++step) {
      wgmma::weighted<T>(output, weights + 4 * step, values.at(step * 16 * 128), step == 0 ? accumulate : 1);
    }
    wgmma::commit();
  }

  __device__ void keys_done(bool last_of_item) {
    release(box_.key_empty[key_.slot]);
    key_.next();
    if (last_of_item) {
      release(box_.query_empty[query_.slot]);
      query_.next();
    }
  }

  __device__ void values_done() {
    release(box_.value_empty[value_.slot]);
    value_.next();
  }

  __device__ void apply_mask(int mask, float (&scores)[kScores]) const {
    if (mask == TileRun::kNoMask) return;
    const std::uint32_t* words =
        work_.masks + (static_cast<std::size_t>(mask) * kCudaQueryTile + row_) * L::kMaskWords;
    const std::uint32_t* const rows[2] = {words, words + 8 * L::kMaskWords};
    Softmax<kScores>::mask(scores, rows, quad_);
  }

  __device__ static void pack_weights(const float (&scores)[kScores], std::uint32_t (&weights)[kScores / 2]) {
#pragma unroll
    for (int i = 0; i < kScores / 2; ++i) weights[i] = pack<T>(scores[2 * i], scores[2 * i + 1]);
  }

  __device__ void first_tile(bool last, float (&scores)[kScores], std::uint32_t (&weights)[kScores / 2],
                             Softmax<kScores>& softmax) {
    wait_for_queries();
    const int mask = wait_for_keys();
    issue_scores(queries(), keys(), scores);
    wgmma::wait<0>();
    wgmma::pin(scores);
    keys_done(last);
    apply_mask(mask, scores);
    float shrink[2];
    softmax.step(scores, scale_, shrink);
    pack_weights(scores, weights);
  }

  // Scores of the next tile and, while they go through the softmax, the values of the tile before.
  __device__ void issue_both(int accumulate, float (&scores)[kScores], std::uint32_t (&weights)[kScores / 2],
                             float (&output)[kOutputs]) {
    const auto q = queries(), k = keys(), v = values();
    if constexpr (L::kTurns) ptx::named_sync(turn_of(group_), 2 * 128);
    issue_scores(q, k, scores);
    issue_values(v, weights, output, accumulate);
    if constexpr (L::kTurns) ptx::named_arrive(turn_of(1 - group_), 2 * 128);
    wgmma::wait<1>();
    wgmma::pin(scores);
  }

  __device__ void next_tile(bool last, int accumulate, float (&scores)[kScores], std::uint32_t (&weights)[kScores / 2],
                            float (&output)[kOutputs], Softmax<kScores>& softmax) {
    const int mask = wait_for_keys();
    issue_both(accumulate, scores, weights, output);
    keys_done(last);
    apply_mask(mask, scores);
    float shrink[2];
    softmax.step(scores, scale_, shrink);
    wgmma::wait<0>();
    wgmma::pin(output);
    values_done();
    pack_weights(scores, weights);
    if (__any_sync(0xffffffffu, shrink[0] != 1.0f || shrink[1] != 1.0f)) {
#pragma unroll
      for (int j = 0; j < kOutputs / 4; ++j) {
        output[4 * j] *= shrink[0];
        output[4 * j + 1] *= shrink[0];
        output[4 * j + 2] *= shrink[1];
        output[4 * j + 3] *= shrink[1];
      }
    }
  }

  // The first tile of the next item and the last values of `item`.
  __device__ void next_item_tile(const WorkItem& item, bool last, int accumulate, float (&scores)[kScores],
                                 std::uint32_t (&weights)[kScores / 2], float (&output)[kOutputs],
                                 Softmax<kScores>& softmax) {
    wait_for_queries();
    const int mask = wait_for_keys();
    issue_both(accumulate, scores, weights, output);
    keys_done(last);
    apply_mask(mask, scores);
    Softmax<kScores> fresh;
    float shrink[2];
    fresh.step(scores, scale_, shrink);
    wgmma::wait<0>();
    wgmma::pin(output);
    values_done();
    pack_weights(scores, weights);
    finish(item, output, softmax);
    softmax = fresh;
  }

  __device__ void write_log_sum_exp(const WorkItem& item, int half, float value) const {
    const int row = item.row * kCudaQueryTile + row_ + 8 * half;
    if (quad_ == 0 && row < output_.rows) {
      output_.log_sum_exp[static_cast<std::size_t>(item.q_head) * output_.rows + row] = value;
    }
  }

  // Divides by the sums and writes output and log-sum-exp; a row that saw no key gets 0 and -infinity.
  __device__ void finish(const WorkItem& item, const float (&output)[kOutputs], const Softmax<kScores>& softmax) {
    float share[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float sum = over_row(softmax.sum[half], [](float a, float b) { return a + b; });
      share[half] = sum > 0 ? 1.0f / sum : 0.0f;
      constexpr float kLn2 = 0.693147180559945f;
      write_log_sum_exp(item, half, sum > 0 ? fmaf(softmax.top[half], scale_, log2f(sum)) * kLn2 : -INFINITY);
    }
    if (output_.wide != nullptr) {
      write_wide(item, output, share);
    } else if constexpr (L::kStaged) {
      write_tile(item, output, share);
    } else {
      write_rows(item, output, share);
    }
  }

  __device__ std::size_t output_at(const WorkItem& item, int row) const {
    return (static_cast<std::size_t>(item.q_head) * output_.rows + row) * HeadDim + 2 * quad_;
  }

  __device__ void write_wide(const WorkItem& item, const float (&output)[kOutputs], const float (&share)[2]) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = item.row * kCudaQueryTile + row_ + 8 * half;
      if (row >= output_.rows) continue;
      float* to = output_.wide + output_at(item, row);
#pragma unroll
      for (int j = 0; j < kOutputs / 4; ++j) {
        to[8 * j] = output[4 * j + 2 * half] * share[half];
        to[8 * j + 1] = output[4 * j + 2 * half + 1] * share[half];
      }
    }
  }

  __device__ void write_rows(const WorkItem& item, const float (&output)[kOutputs], const float (&share)[2]) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = item.row * kCudaQueryTile + row_ + 8 * half;
      if (row >= output_.rows) continue;
      auto* to = reinterpret_cast<std::uint32_t*>(static_cast<std::uint16_t*>(output_.half) + output_at(item, row));
#pragma unroll
      for (int j = 0; j < kOutputs / 4; ++j) {
        to[4 * j] = pack<T>(output[4 * j + 2 * half] * share[half], output[4 * j + 2 * half + 1] * share[half]);
      }
    }
  }

  // Through shared memory, where the copy engine takes it; rows behind the last one are cut off by its map.
  __device__ void write_tile(const WorkItem& item, const float (&output)[kOutputs], const float (&share)[2]) const {
    const std::uint32_t tile = shared_ + L::kOutputAt + group_ * 64 * 128;
    if (thread_ == 0) ptx::wait_for_stores();
    ptx::named_sync(own_barrier(), 128);
    const int row = row_ % 64;
#pragma unroll
    for (int j = 0; j < kOutputs / 4; ++j) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int at_row = row + 8 * half;
        const std::uint32_t to = tile + j / 8 * kCudaQueryTile * 128 + at_row * 128 + ((j % 8) ^ (at_row % 8)) * 16 +
                                 quad_ * 4;
        const std::uint32_t pair =
            pack<T>(output[4 * j + 2 * half] * share[half], output[4 * j + 2 * half + 1] * share[half]);
        asm volatile("st.shared.b32 [%0], %1;" ::"r"(to), "r"(pair) : "memory");
      }
    }
    ptx::fence_for_copies();
    ptx::named_sync(own_barrier(), 128);
    if (thread_ == 0) {
      for (int chunk = 0; chunk < L::kChunks; ++chunk) {
        ptx::store_tile(output_map_, {0, item.row * kCudaQueryTile + group_ * 64, chunk, item.q_head},
                        tile + chunk * kCudaQueryTile * 128);
      }
    }
  }

  __device__ void write_nothing(const WorkItem& item) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      write_log_sum_exp(item, half, -INFINITY);
      const int row = item.row * kCudaQueryTile + row_ + 8 * half;
      if (row >= output_.rows) continue;
      for (int j = 0; j < kOutputs / 4; ++j) {
        const std::size_t to = output_at(item, row) + 8 * j;
        if (output_.wide != nullptr) {
          output_.wide[to] = output_.wide[to + 1] = 0.0f;
        } else {
          *reinterpret_cast<std::uint32_t*>(static_cast<std::uint16_t*>(output_.half) + to) = 0;
        }
      }
    }
  }

  std::uint32_t shared_;
  Box& box_;
  const ForwardWork& work_;
  const ForwardOutput& output_;
  const CUtensorMap* output_map_;
  float scale_;  // log2(e) included
  int group_, thread_, row_, quad_;
  Ring<kItemSlots> item_;
  Ring<L::kQuerySlots> query_;
  Ring<L::kStages> key_, value_;
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
