// SPDX-License-Identifier: Apache-2.0
// Outputs and log-sum-exps of 64 query rows, from the registers of a warpgroup to memory.
#pragma once

#include "kernels/cuda/hopper_layout.cuh"
#include "kernels/cuda/softmax.cuh"
#include "kernels/cuda/wgmma.cuh"

namespace spanwise::kernels {

// Of the two rows of a thread, the first (the other is 8 below it), and its place among the four that share them.
__device__ inline int row_of_thread(int group) {
  const int thread = static_cast<int>(threadIdx.x) % 128;
  return group * 64 + thread / 32 * 16 + thread % 32 / 4;
}
__device__ inline int quad_of_thread() { return static_cast<int>(threadIdx.x) % 4; }

template <class T, int HeadDim, class L>
class OutputWriter {
  static constexpr int kOutputs = HeadDim / 2;  // registers

 public:
  __device__ OutputWriter(std::uint32_t shared, const ForwardOutput& output, const CUtensorMap* map, int group)
      : shared_(shared),
        output_(output),
        output_map_(map),
        group_(group) {}

  // Divides by the sums and writes output and log-sum-exp; a row that saw no key gets 0 and -infinity.
  template <int Count>
  __device__ void finish(const WorkItem& item, const float (&output)[kOutputs], const Softmax<T, Count>& softmax) const {
    float share[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float sum = over_row(softmax.sum[half], [](float a, float b) { return a + b; });
      const auto end = end_row(softmax.origin[half], sum, sink_of(output_, item));
      share[half] = end.share;
      write_log_sum_exp(item, half, end.log_sum_exp);
    }
    if (output_.wide != nullptr) {
      write_wide(item, output, share);
    } else if constexpr (L::kStaged) {
      write_tile(item, output, share);
    } else {
      write_rows(item, output, share);
    }
  }

  // A row that sees nothing.
  __device__ void write_nothing(const WorkItem& item) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      write_log_sum_exp(item, half, end_row(-INFINITY, 0, sink_of(output_, item)).log_sum_exp);
      const int row = item.row * kCudaQueryTile + row_of_thread(group_) + 8 * half;
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

  // Until shared memory is free of outputs.
  __device__ void wait() const {
    if (L::kStaged && threadIdx.x % 128 == 0) ptx::wait_for_stores();
  }

 private:
  __device__ int own_barrier() const { return 1 + group_; }

  __device__ void write_log_sum_exp(const WorkItem& item, int half, float value) const {
    const int row = item.row * kCudaQueryTile + row_of_thread(group_) + 8 * half;
    if (quad_of_thread() == 0 && row < output_.rows) {
      output_.log_sum_exp[static_cast<std::size_t>(item.q_head) * output_.rows + row] = value;
    }
  }

  __device__ std::size_t output_at(const WorkItem& item, int row) const {
    return (static_cast<std::size_t>(item.q_head) * output_.rows + row) * HeadDim + 2 * quad_of_thread();
  }

  __device__ void write_wide(const WorkItem& item, const float (&output)[kOutputs], const float (&share)[2]) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = item.row * kCudaQueryTile + row_of_thread(group_) + 8 * half;
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
      const int row = item.row * kCudaQueryTile + row_of_thread(group_) + 8 * half;
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
    if (threadIdx.x % 128 == 0) ptx::wait_for_stores();
    ptx::named_sync(own_barrier(), 128);
    const int row = row_of_thread(0);
#pragma unroll
    for (int j = 0; j < kOutputs / 4; ++j) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int at_row = row + 8 * half;
        const std::uint32_t to = tile + j / 8 * kCudaQueryTile * 128 + at_row * 128 + ((j % 8) ^ (at_row % 8)) * 16 +
                                 quad_of_thread() * 4;
        const std::uint32_t pair =
            pack<T>(output[4 * j + 2 * half] * share[half], output[4 * j + 2 * half + 1] * share[half]);
        asm volatile("st.shared.b32 [%0], %1;" ::"r"(to), "r"(pair) : "memory");
      }
    }
    ptx::fence_for_copies();
    ptx::named_sync(own_barrier(), 128);
    if (threadIdx.x % 128 == 0) {
      for (int chunk = 0; chunk < L::kChunks; ++chunk) {
        ptx::store_tile(output_map_, {0, item.row * kCudaQueryTile + group_ * 64, chunk, item.q_head},
                        tile + chunk * kCudaQueryTile * 128);
      }
    }
  }

  std::uint32_t shared_;
  const ForwardOutput& output_;
  const CUtensorMap* output_map_;
  int group_;
};

}  // namespace spanwise::kernels
