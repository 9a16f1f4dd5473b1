// SPDX-License-Identifier: Apache-2.0
// Forward attention for compute capability 8.0 and later: the same plans as the Hopper kernel takes, with the instructions
// that every generation since Ampere has.
//
// The structure is that of FlashAttention-2 (Dao, 2023, arXiv 2307.08691, section 3), written anew: a block of four warps takes
// 128 query rows, 32 a warp, so that a tile of K or V is read from shared memory four times and not eight; K of the next
// step is loaded while V is multiplied, V while the scores are made. Two blocks share a multiprocessor.
#pragma once

#include "kernels/cuda/mma.cuh"
#include "kernels/cuda/mma_forward.h"
#include "kernels/cuda/softmax.cuh"

namespace spanwise::kernels {

inline constexpr int kMmaThreads = 128;
inline constexpr int kMmaKeys = 64;  // of a step; a KV tile is two

// The steps of an item: halves of its KV tiles.
class StepCursor {
 public:
  __device__ StepCursor(const ForwardWork& work, const WorkItem& item) : next_run_(work.runs + item.first_run), left_(2 * item.tiles) {
    run_.count = 0;
  }

  __device__ bool take() {
    if (left_ == 0) return false;
    if (left_ % 2 == 0) {
      if (run_.count == 0) run_ = *next_run_++;
      tile_ = run_.first++;
      --run_.count;
    }
    half_ = left_ % 2;
    --left_;
    return true;
  }
  __device__ int first_key() const { return tile_ * 2 * kMmaKeys + half_ * kMmaKeys; }
  __device__ int mask() const { return run_.mask; }
  __device__ int half() const { return half_; }

 private:
  const TileRun* next_run_;
  TileRun run_;
  int left_, tile_ = 0, half_ = 0;
};

template <class T, int HeadDim>
class MmaBlock {
  static constexpr int kChunks = HeadDim / 8;
  static constexpr int kScores = kMmaKeys / 2;  // registers of 16 rows
  static constexpr int kOutputs = HeadDim / 2;
  static constexpr int kQueryBytes = kCudaQueryTile * HeadDim * 2;
  static constexpr int kStepBytes = kMmaKeys * HeadDim * 2;
  using Rows = Softmax<T, kScores>;

 public:
  static constexpr int kBytes = kQueryBytes + 2 * kStepBytes;

  __device__ MmaBlock(std::uint32_t shared, const PlainTensors& tensors, const ForwardWork& work, const ForwardOutput& output,
                      float scale, const WorkItem& item)
      : shared_(shared),
        tensors_(tensors),
        work_(work),
        output_(output),
        scale_(scale),
        item_(item) {}

  __device__ void run() {
    StepCursor steps(work_, item_);
    Rows softmax[2];
    float sums[2][kOutputs] = {};
    bool more = steps.take();
    if (more) {
      load_rows(shared_, tensors_.queries, item_.q_head, item_.row * kCudaQueryTile, kCudaQueryTile, tensors_.q_rows);
      load_keys(steps);
    }
    while (more) {
      const int mask = steps.mask(), half = steps.half();
      arrive();  // and all warps are done with the values of the step before
      load_values(steps);
      float scores[2][kScores] = {};
      make_scores(scores);
      arrive();  // and all are done with the keys
      more = steps.take();
      if (more) load_keys(steps);
      std::uint32_t weights[2][kScores / 2];
#pragma unroll
      for (int m = 0; m < 2; ++m) {
        if (mask != TileRun::kNoMask) apply_mask(mask, half, m, scores[m]);
        if (!softmax[m].add(scores[m], scale_, weights[m])) move_origin(softmax[m], scores[m], weights[m], sums[m]);
      }
      add_values(weights, sums);
    }
#pragma unroll
    for (int m = 0; m < 2; ++m) write(m, softmax[m], sums[m]);
  }

 private:
  // Rows [first, first + rows) of a head of a tensor [head][of_head][HeadDim]; zeros behind its last.
  __device__ void load_rows(std::uint32_t to, const void* tensor, int head, int first, int rows, int of_head) const {
    const auto* from = static_cast<const T*>(tensor) + static_cast<std::size_t>(head) * of_head * HeadDim;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < rows * kChunks; i += kMmaThreads) {
      const int row = i / kChunks, chunk = i % kChunks;
      const bool inside = first + row < of_head;
      const std::size_t at = static_cast<std::size_t>(inside ? first + row : 0) * HeadDim + chunk * 8;
      mma::copy_chunk(to + mma::chunk_at<HeadDim>(row, chunk), from + at, inside);
    }
    mma::commit_copies();
  }
  __device__ void load_keys(const StepCursor& step) const {
    load_rows(shared_ + kQueryBytes, tensors_.keys, item_.q_head / work_.group, step.first_key(), kMmaKeys, tensors_.kv_rows);
  }
  __device__ void load_values(const StepCursor& step) const {
    load_rows(shared_ + kQueryBytes + kStepBytes, tensors_.values, item_.q_head / work_.group, step.first_key(), kMmaKeys,
              tensors_.kv_rows);
  }

  // All copies are there, for all threads.
  __device__ static void arrive() {
    mma::wait_for_copies();
    __syncthreads();
  }

  __device__ void make_scores(float (&scores)[2][kScores]) const {
    const std::uint32_t queries = shared_ + mma::chunk_at<HeadDim>(first_row() + lane() % 16, lane() / 16);
    const std::uint32_t keys = shared_ + kQueryBytes + mma::chunk_at<HeadDim>(lane() % 8 + lane() / 16 * 8, lane() / 8 % 2);
#pragma unroll
    for (int k = 0; k < HeadDim / 16; ++k) {
      std::uint32_t q[2][4];
#pragma unroll
      for (int m = 0; m < 2; ++m) mma::load(q[m], (queries ^ mma::chunks(2 * k)) + mma::rows<HeadDim>(16 * m));
#pragma unroll
      for (int n = 0; n < kMmaKeys / 16; ++n) {
        std::uint32_t b[4];
        mma::load(b, (keys ^ mma::chunks(2 * k)) + mma::rows<HeadDim>(16 * n));
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          mma::multiply<T>(scores[m] + 8 * n, q[m], b[0], b[1]);
          mma::multiply<T>(scores[m] + 8 * n + 4, q[m], b[2], b[3]);
        }
      }
    }
  }

  __device__ void add_values(const std::uint32_t (&weights)[2][kScores / 2], float (&sums)[2][kOutputs]) const {
    const std::uint32_t values =
        shared_ + kQueryBytes + kStepBytes + mma::chunk_at<HeadDim>(lane() % 16, lane() / 16);
#pragma unroll
    for (int k = 0; k < kMmaKeys / 16; ++k) {
#pragma unroll
      for (int n = 0; n < HeadDim / 16; ++n) {
        std::uint32_t b[4];
        mma::load_transposed(b, (values ^ mma::chunks(2 * n)) + mma::rows<HeadDim>(16 * k));
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          mma::multiply<T>(sums[m] + 8 * n, weights[m] + 4 * k, b[0], b[1]);
          mma::multiply<T>(sums[m] + 8 * n + 4, weights[m] + 4 * k, b[2], b[3]);
        }
      }
    }
  }

  __device__ static int lane() { return static_cast<int>(threadIdx.x) % 32; }
  __device__ static int first_row() { return static_cast<int>(threadIdx.x) / 32 * 32; }  // of the warp
  __device__ int row_of(int m) const { return first_row() + 16 * m + lane() / 4; }  // and 8 below it

  __device__ void apply_mask(int mask, int half, int m, float (&scores)[kScores]) const {
    constexpr int kWords = 2 * kMmaKeys / 32;
    const std::uint32_t* words =
        work_.masks + (static_cast<std::size_t>(mask) * kCudaQueryTile + row_of(m)) * kWords + half * kMmaKeys / 32;
    const std::uint32_t* const rows[2] = {words, words + 8 * kWords};
    Rows::mask(scores, rows, lane() % 4);
  }

  __device__ void move_origin(Rows& softmax, const float (&scores)[kScores], std::uint32_t (&weights)[kScores / 2],
                              float (&sums)[kOutputs]) const {
    float shrink[2];
    softmax.add_and_move(scores, scale_, weights, shrink);
#pragma unroll
    for (int i = 0; i < kOutputs; ++i) sums[i] *= shrink[i / 2 % 2];
  }

  __device__ void write(int m, const Rows& softmax, const float (&sums)[kOutputs]) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float sum = over_row(softmax.sum[half], [](float a, float b) { return a + b; });
      const auto end = end_row(softmax.origin[half], sum, sink_of(output_, item_));
      const int row = item_.row * kCudaQueryTile + row_of(m) + 8 * half;
      if (row >= output_.rows) continue;
      const std::size_t at = static_cast<std::size_t>(item_.q_head) * output_.rows + row;
      if (lane() % 4 == 0) output_.log_sum_exp[at] = end.log_sum_exp;
#pragma unroll
      for (int j = 0; j < kOutputs / 4; ++j) {
        const float a = sums[4 * j + 2 * half] * end.share, b = sums[4 * j + 2 * half + 1] * end.share;
        const std::size_t to = at * HeadDim + 8 * j + 2 * (lane() % 4);
        if (output_.wide != nullptr) {
          output_.wide[to] = a;
          output_.wide[to + 1] = b;
        } else {
          *reinterpret_cast<std::uint32_t*>(static_cast<std::uint16_t*>(output_.half) + to) = pack<T>(a, b);
        }
      }
    }
  }

  std::uint32_t shared_;
  const PlainTensors& tensors_;
  const ForwardWork& work_;
  const ForwardOutput& output_;
  float scale_;  // log2(e) included
  const WorkItem& item_;
};

template <class T, int HeadDim>
__global__ __launch_bounds__(kMmaThreads, 2) void mma_forward(const __grid_constant__ PlainTensors tensors,
                                                              const __grid_constant__ ForwardWork work,
                                                              const __grid_constant__ ForwardOutput output, float scale) {
  extern __shared__ __align__(1024) std::uint8_t tiles[];
  const WorkItem item = work.items[blockIdx.x];
  MmaBlock<T, HeadDim>(mma::shared_address(tiles), tensors, work, output, scale, item).run();
}

}  // namespace spanwise::kernels
