// SPDX-License-Identifier: Apache-2.0
// Rows of a tensor in its dtype as they lie in a model: [lists][rows][width], a list being one head of one sequence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/dtype.h"
#include "core/thread_pool.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/selection_ops.h"
#include "kernels/inputs.h"

namespace spanwise::kernels {

class RowTensor {
 public:
  RowTensor(core::DType dtype, std::int64_t lists, std::int64_t rows, std::int64_t width);
  // The random inputs of that tensor, rounded to the dtype.
  RowTensor(core::DType dtype, std::int64_t lists, std::int64_t rows, std::int64_t width, std::uint64_t seed, Tensor tensor,
            core::ThreadPool& pool);

  RowsView list(std::int64_t index) const;
  std::byte* row(std::int64_t list, std::int64_t row) const { return data_.data() + (list * rows_ + row) * row_bytes_; }
  // out[width] as fp32.
  void read(std::int64_t list, std::int64_t row, std::span<float> out) const;
  std::int64_t row_bytes() const { return row_bytes_; }
  std::span<std::byte> bytes() const { return data_.span(); }

 private:
  core::DType dtype_;
  std::int64_t rows_, width_, row_bytes_;
  AlignedBuffer<std::byte> data_;
};

}  // namespace spanwise::kernels
