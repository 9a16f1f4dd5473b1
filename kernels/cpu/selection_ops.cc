// SPDX-License-Identifier: Apache-2.0
// Plain C++, and which version an instruction set takes.
#include "kernels/cpu/selection_ops.h"

#include "kernels/cpu/selection_loops.h"

namespace spanwise::kernels {
namespace {

struct PlainPicks {
  static std::uint32_t above(const float* p, float x) {
    std::uint32_t bits = 0;
    for (std::uint32_t i = 0; i < kWide; ++i) bits |= static_cast<std::uint32_t>(p[i] > x) << i;
    return bits;
  }
  static std::uint32_t equal(const float* p, float x) {
    std::uint32_t bits = 0;
    for (std::uint32_t i = 0; i < kWide; ++i) bits |= static_cast<std::uint32_t>(p[i] == x) << i;
    return bits;
  }
  static std::size_t pack(std::int32_t first, std::uint32_t bits, std::int32_t* out) {
    std::size_t found = 0;
    for (; bits != 0; bits &= bits - 1) out[found++] = first + std::countr_zero(bits);
    return found;
  }
};

constexpr SelectionOps kPlain = Loops<PlainPicks>::make("x86-64");

}  // namespace

const SelectionOps& selection_ops(std::string_view isa) {
  if (isa == kPlain.isa) return kPlain;
  return isa == "avx2" ? avx2_selection_ops() : avx512_selection_ops();
}

}  // namespace spanwise::kernels
