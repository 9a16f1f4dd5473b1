// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_tensor.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/rounding.h"

namespace spanwise::kernels {

RowTensor::RowTensor(core::DType dtype, std::int64_t lists, std::int64_t rows, std::int64_t width)
    : dtype_(dtype), rows_(rows), width_(width), row_bytes_(width * core::bytes_of(dtype)), data_(static_cast<std::size_t>(lists * rows * row_bytes_)) {}

RowTensor::RowTensor(core::DType dtype, std::int64_t lists, std::int64_t rows, std::int64_t width, std::uint64_t seed, Tensor tensor,
                     core::ThreadPool& pool)
    : RowTensor(dtype, lists, rows, width) {
  const std::int64_t elements = lists * rows * width, bytes = core::bytes_of(dtype);
  constexpr std::int64_t kAtOnce = 1 << 14;
  pool.run(static_cast<std::size_t>((elements + kAtOnce - 1) / kAtOnce), [&](std::size_t item, int) {
    const std::int64_t first = static_cast<std::int64_t>(item) * kAtOnce;
    std::vector<float> values(static_cast<std::size_t>(std::min(kAtOnce, elements - first)));
    fill_normal(seed, tensor, static_cast<std::uint64_t>(first), values);
    std::byte* out = data_.data() + first * bytes;
    for (const float value : values) {
      const std::uint16_t half = dtype == core::DType::kBf16 ? bf16_of(value) : fp16_of(value);
      std::memcpy(out, bytes == 4 ? static_cast<const void*>(&value) : &half, static_cast<std::size_t>(bytes));
      out += bytes;
    }
  });
}

RowsView RowTensor::list(std::int64_t index) const {
  return {row(index, 0), dtype_, width_};
}

void RowTensor::read(std::int64_t list, std::int64_t index, std::span<float> out) const {
  const std::byte* from = row(list, index);
  if (dtype_ == core::DType::kFp32) {
    std::memcpy(out.data(), from, out.size_bytes());
    return;
  }
  const auto* halves = reinterpret_cast<const std::uint16_t*>(from);
  if (dtype_ == core::DType::kBf16) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = float_of_bf16(halves[i]);
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = float_of_fp16(halves[i]);
  }
}

}  // namespace spanwise::kernels
