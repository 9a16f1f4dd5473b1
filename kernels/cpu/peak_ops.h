// SPDX-License-Identifier: Apache-2.0
// Loops that do nothing but what a processor is limited by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spanwise::kernels {

struct PeakOps {
  std::string_view isa;  // as in tile_ops.h

  // `rounds` of independent multiply-adds in registers, of the kind that this instruction set's kernels use (fp32,
  // bf16 pairs or AMX tiles); returns the number of floating-point operations.
  double (*multiply_add)(std::int64_t rounds);

  // The sum of `count` words (a multiple of 64) modulo 2^64, as fast as memory delivers them.
  std::uint64_t (*read)(const std::uint64_t* words, std::size_t count);
};

// `isa` is one of runnable_isas().
const PeakOps& peak_ops(std::string_view isa);

}  // namespace spanwise::kernels
