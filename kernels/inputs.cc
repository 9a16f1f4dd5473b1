// SPDX-License-Identifier: Apache-2.0
#include "kernels/inputs.h"

#include <algorithm>

#include "core/random.h"

namespace spanwise::kernels {

void fill_normal(std::uint64_t seed, Tensor tensor, std::uint64_t first, std::span<float> out) {
  const auto stream = static_cast<std::uint64_t>(tensor);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = core::random_normal(core::random_bits(seed, stream, first + i));
  }
}

void fill_normal(std::uint64_t seed, Tensor tensor, std::uint64_t first, std::span<float> out,
                 core::ThreadPool& pool) {
  constexpr std::size_t kChunk = 1 << 16;
  pool.run((out.size() + kChunk - 1) / kChunk, [&](std::size_t chunk, int) {
    const std::size_t begin = chunk * kChunk;
    fill_normal(seed, tensor, first + begin, out.subspan(begin, std::min(kChunk, out.size() - begin)));
  });
}

}  // namespace spanwise::kernels
