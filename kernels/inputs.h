// SPDX-License-Identifier: Apache-2.0
// The inputs of a case, made from its seed; the same on every device (docs/formats.md, "Random numbers").
#pragma once

#include <cstdint>
#include <span>

#include "core/thread_pool.h"

namespace spanwise::kernels {

// The random stream of each tensor.
enum class Tensor : std::uint64_t { kQueries = 1, kKeys = 2, kValues = 3, kSinkLogits = 4, kScores = 6, kWeights = 8 };

// Elements [first, first + out.size()) of a tensor in the row-major order of [batch, heads, tokens, dim]:
// nearly normal, mean 0, variance 1, within +-3.4642.
void fill_normal(std::uint64_t seed, Tensor tensor, std::uint64_t first, std::span<float> out);

// The same with all threads of the pool.
void fill_normal(std::uint64_t seed, Tensor tensor, std::uint64_t first, std::span<float> out,
                 core::ThreadPool& pool);

}  // namespace spanwise::kernels
