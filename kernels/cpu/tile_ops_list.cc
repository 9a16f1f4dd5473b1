// SPDX-License-Identifier: Apache-2.0
// Which instruction sets this processor has, the fastest first.
#include <stdexcept>

#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

std::vector<std::span<const TileOps>> by_speed() {
  return {amx_tile_ops(), avx512_bf16_tile_ops(), avx512_tile_ops(), avx2_tile_ops(), plain_tile_ops()};
}

}  // namespace

std::vector<const TileOps*> tile_ops_for(core::DType dtype) {
  std::vector<const TileOps*> found;
  for (const auto set : by_speed()) {
    for (const auto& ops : set) {
      if (ops.dtype == dtype) found.push_back(&ops);
    }
  }
  return found;
}

const TileOps& best_tile_ops(core::DType dtype, std::string_view isa) {
  bool allowed = isa.empty();
  for (const auto set : by_speed()) {
    allowed = allowed || (!set.empty() && set.front().isa == isa);
    for (const auto& ops : set) {
      if (allowed && ops.dtype == dtype) return ops;
    }
  }
  throw std::logic_error("best_tile_ops: dtype or instruction set");
}

std::vector<std::string_view> runnable_isas() {
  std::vector<std::string_view> isas;
  for (const auto set : by_speed()) {
    if (!set.empty()) isas.push_back(set.front().isa);
  }
  return isas;
}

}  // namespace spanwise::kernels
