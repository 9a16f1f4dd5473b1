// SPDX-License-Identifier: Apache-2.0
// The Hopper forward kernel as the host sees it: softmax(scale Q K^T) V over the KV tiles that a plan lists.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/run_plan.h"

namespace spanwise::kernels {

// Pointers are to device memory.
struct ForwardWork {
  const TileRun* runs;
  const WorkItem* items;
  std::int32_t item_count;
  std::int32_t group;          // query heads of a KV head
  const std::uint32_t* masks;  // [mask][128 rows][mask_words(key tile)], bit j of a word: the key is seen
  std::uint32_t* queue;        // two zeros; zeros again when the kernel ends
  std::uint32_t zero = 0;      // a value the kernel's compiler does not know
};

struct ForwardOutput {
  float* log_sum_exp;     // [q_head][rows], natural logarithm
  void* half;             // [q_head][rows][head_dim] in 16 bits; the map `output` is of the same memory
  float* wide = nullptr;  // the same in fp32; written in its place where given
  std::int32_t rows = 0;  // of one head
  const float* sink_logits = nullptr;  // [sink_heads] in natural units, or null
  std::int32_t sink_heads = 1;         // query heads of one sequence
};

// Tensor maps of tensor_map.h.
struct ForwardMaps {
  CUtensorMap queries, keys, values, output;
};

enum class HalfType { kBf16, kFp16 };

// head_dim is 64 or 128 with tiles of 128 keys, or 256 with tiles of 64 or 80. scale > 0 is in natural units
// (1 / sqrt(head_dim)).
cudaError_t launch_forward(HalfType type, int head_dim, int key_tile, const ForwardMaps& maps, const ForwardWork& work,
                           const ForwardOutput& output, float scale, int processors, cudaStream_t stream);

}  // namespace spanwise::kernels
