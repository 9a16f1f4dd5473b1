// SPDX-License-Identifier: Apache-2.0
// The warpgroups that multiply.
#pragma once

#include "kernels/cuda/hopper_output.cuh"

namespace spanwise::kernels {

// 64 query rows. Where registers allow (Layout::kStaged), the tiles of all its items are one stream: the scores of a tile and the values of the one before it are
// on their way together, also where the one before belongs to another item, whose output is then written while the
// first scores of the next are made.
template <class T, int HeadDim, class L>
class Consumer {
  using Box = Mailbox<L::kStages, L::kQuerySlots>;
  static constexpr int kScores = L::kKeys / 2;  // registers
  static constexpr int kOutputs = HeadDim / 2;
  using Weights = std::uint32_t[kScores / 2];  // packed in pairs
  using Rows = Softmax<T, kScores>;
  using Matrix = wgmma::Matrix;

 public:
  __device__ Consumer(std::uint32_t shared, Box& box, const ForwardWork& work, const ForwardOutput& output,
                      const CUtensorMap* output_map, float scale, int group)
      : shared_(shared),
        box_(box),
        work_(work),
        writer_(shared, output, output_map, group),
        scale_(scale),
        group_(group) {}

  __device__ void run() {
    WorkItem item = next_item();
    if (item.tiles >= 0) attend(item);
    writer_.wait();
  }

 private:
  __device__ static std::uint32_t at(std::uint64_t& barrier) { return ptx::shared_address(&barrier); }

  __device__ void release(std::uint64_t& barrier) const {
    if (threadIdx.x % 32 == 0) ptx::barrier_arrive(at(barrier));
  }

  // The next item that has tiles, or the end (tiles < 0). Rows that see nothing are written on the way.
  __device__ WorkItem next_item() {
    while (true) {
      ptx::barrier_wait(at(box_.item_full[item_.slot()]), item_.parity());
      const WorkItem item = box_.items[item_.slot()];
      __syncwarp();
      release(box_.item_empty[item_.slot()]);
      item_.next();
      if (item.tiles != 0) return item;
      writer_.write_nothing(item);
    }
  }

  __device__ void attend(WorkItem item) {
    float scores[kScores];
    float output[kOutputs];
    Weights weights;
    Rows softmax;
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

  __device__ void last_values(const WorkItem& item, int accumulate, const Weights& weights,
                              float (&output)[kOutputs], const Rows& softmax) {
    issue_values(values(), weights, output, accumulate);
    wgmma::wait<0>();
    wgmma::pin(output);
    values_done();
    writer_.finish(item, output, softmax);
  }

  __device__ void wait_for_queries() {
    ptx::barrier_wait(at(box_.query_full[query_.slot()]), query_.parity());
  }

  // The mask of the tile. Read by the whole warp before one of its threads may release() the tile: an arrival speaks for its
  // own thread alone.
  __device__ int mask_of_keys() const {
    const int mask = box_.key_mask[key_.slot()];
    __syncwarp();
    return mask;
  }

  __device__ void wait_for_keys() { ptx::barrier_wait(at(box_.key_full[key_.slot()]), key_.parity()); }

  __device__ Matrix queries() const {
    return {wgmma::kDepthMajor, shared_ + L::kQueriesAt + query_.slot() * L::kQueryBytes + group_ * 64 * 128};
  }
  __device__ Matrix keys() const { return {wgmma::kDepthMajor, shared_ + L::kKeysAt + key_.slot() * L::kTileBytes}; }
  __device__ Matrix values() const {
    return {wgmma::column_major(L::kKeys * 128), shared_ + L::kValuesAt + value_.slot() * L::kTileBytes};
  }

  __device__ static void issue_scores(Matrix queries, Matrix keys, float (&scores)[kScores]) {
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

  __device__ void issue_values(Matrix values, const Weights& weights,
                               float (&output)[kOutputs], int accumulate) {
    ptx::barrier_wait(at(box_.value_full[value_.slot()]), value_.parity());
    wgmma::fence();
#pragma unroll
    for (int step = 0; step < L::kKeys / 16; ++step) {
      wgmma::weighted<T>(output, weights + 4 * step, values.at(step * 16 * 128), step == 0 ? accumulate : 1);
    }
    wgmma::commit();
  }

  __device__ void keys_done(bool last_of_item) {
    release(box_.key_empty[key_.slot()]);
    key_.next();
    if (last_of_item) {
      release(box_.query_empty[query_.slot()]);
      query_.next();
    }
  }

  __device__ void values_done() {
    release(box_.value_empty[value_.slot()]);
    value_.next();
  }

  __device__ void apply_mask(int mask, float (&scores)[kScores]) const {
    if (mask == TileRun::kNoMask) return;
    const std::uint32_t* words =
        work_.masks + (static_cast<std::size_t>(mask) * kCudaQueryTile + row_of_thread(group_)) * L::kMaskWords;
    const std::uint32_t* const rows[2] = {words, words + 8 * L::kMaskWords};
    Rows::mask(scores, rows, quad_of_thread());
  }

  // The first tile of all: nothing to do beside it.
  __device__ void first_tile(bool last, float (&scores)[kScores], Weights& weights, Rows& softmax) {
    wait_for_queries();
    wait_for_keys();
    issue_scores(queries(), keys(), scores);
    const int mask = mask_of_keys();
    wgmma::wait<0>();
    wgmma::pin(scores);
    keys_done(last);
    apply_mask(mask, scores);
    float shrink[2];
    softmax.add_and_move(scores, scale_, weights, shrink);
  }

  // Scores of the next tile and, while they go through the softmax, the values of the tile before. Returns the mask.
  __device__ int issue_both(int accumulate, float (&scores)[kScores], Weights& weights, float (&output)[kOutputs]) {
    const auto q = queries(), k = keys(), v = values();
    issue_scores(q, k, scores);
    issue_values(v, weights, output, accumulate);
    const int mask = mask_of_keys();
    wgmma::wait<1>();
    wgmma::pin(scores);
    return mask;
  }

  // The values of the tile before are there: its weights make way for those of the tile after it. Without an operation in
  // between, the compiler gives the fresh ones the registers that the product still reads, and then serialises products.
  __device__ void finish_values(const Weights& fresh, Weights& weights, float (&output)[kOutputs]) {
    wgmma::wait<0>();
    wgmma::pin(output);
    values_done();
#pragma unroll
    for (int i = 0; i < kScores / 2; ++i) weights[i] = fresh[i] | work_.zero;
  }

  __device__ void next_tile(bool last, int accumulate, float (&scores)[kScores], Weights& weights,
                            float (&output)[kOutputs], Rows& softmax) {
    wait_for_keys();
    const int mask = issue_both(accumulate, scores, weights, output);
    keys_done(last);
    apply_mask(mask, scores);
    Weights fresh;
    float shrink[2] = {1, 1};
    const bool added = softmax.add(scores, scale_, fresh);
    if (!added) softmax.add_and_move(scores, scale_, fresh, shrink);
    finish_values(fresh, weights, output);
    if (!added) {
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
                                 Weights& weights, float (&output)[kOutputs], Rows& softmax) {
    wait_for_queries();
    wait_for_keys();
    const int mask = issue_both(accumulate, scores, weights, output);
    keys_done(last);
    apply_mask(mask, scores);
    Weights fresh;
    Rows first;
    float shrink[2];
    first.add_and_move(scores, scale_, fresh, shrink);
    finish_values(fresh, weights, output);
    writer_.finish(item, output, softmax);
    softmax = first;
  }

  std::uint32_t shared_;
  Box& box_;
  const ForwardWork& work_;
  OutputWriter<T, HeadDim, L> writer_;
  float scale_;  // log2(e) included
  int group_;
  Ring<kItemSlots> item_;
  Ring<L::kQuerySlots> query_;
  Ring<L::kStages> key_, value_;
};

}  // namespace spanwise::kernels
