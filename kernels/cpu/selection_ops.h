// SPDX-License-Identifier: Apache-2.0
// The inner loops of what selects keys for attention, once for each width of vector: x86-64, avx2, avx512. Sums run in one
// order, so every version gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/dtype.h"

namespace spanwise::kernels {

// Rows of `width` elements of a dtype, one after another.
struct RowsView {
  const std::byte* data = nullptr;
  core::DType dtype = core::DType::kFp32;  // fp32, bf16 or fp16
  std::int64_t width = 0;
};

struct SelectionOps {
  std::string_view isa;

  // out[width] = the mean, or the largest, of `count` rows from `first`.
  void (*pool_mean)(const RowsView& rows, std::int64_t first, std::int64_t count, float* out);
  void (*pool_max)(const RowsView& rows, std::int64_t first, std::int64_t count, float* out);

  // Appends (score, index) of scores[i] > above, i from `begin`, as sort keys (top_k.h) to keys[*count...] until `end` or
  // fewer than 16 places are left of `room`; returns where it stopped. NaN is above nothing.
  std::size_t (*collect)(const float* scores, std::size_t begin, std::size_t end, float above, std::uint64_t* keys,
                         std::size_t* count, std::size_t room);

  // Writes the indices i < end, ascending, of scores[i] > above and of scores[i] == above with i <= last_tie; returns how
  // many. Up to 15 places behind them are overwritten.
  std::size_t (*emit)(const float* scores, std::size_t end, float above, std::int64_t last_tie, std::int32_t* out);

  // Folds one head's scores into out[0, count): out += factor * score, += factor * max(0, score), or
  // max(out, factor * score).
  void (*add_scaled)(const float* scores, std::size_t count, float factor, float* out);
  void (*add_relu)(const float* scores, std::size_t count, float factor, float* out);
  void (*max_scaled)(const float* scores, std::size_t count, float factor, float* out);

  // The largest of scores[i] - offsets[i], i < count, and the first i that has it; count >= 1.
  struct Best {
    float value;
    std::int32_t index;
  };
  Best (*best)(const float* scores, const float* offsets, std::size_t count);

  // out[16]: the largest of scores[lane + 16 i], i < vectors.
  void (*lane_max)(const float* scores, std::size_t vectors, float* out);
};

// `isa` is one of runnable_isas() (tile_ops.h): the widest of the three that it includes.
const SelectionOps& selection_ops(std::string_view isa);

// For selection_ops().
const SelectionOps& avx2_selection_ops();
const SelectionOps& avx512_selection_ops();

}  // namespace spanwise::kernels
