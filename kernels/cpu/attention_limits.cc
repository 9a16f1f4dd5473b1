// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/attention_limits.h"

#include <fmt/core.h>

#include <algorithm>
#include <variant>

#include "kernels/attention_params.h"
#include "kernels/cpu/packed_tiles.h"
#include "kernels/cpu/tile_plan.h"
#include "kernels/leak_values.h"
#include "kernels/sequences.h"

namespace spanwise::kernels {
namespace {

using core::Count;
using patterns::Case;

Count product(std::initializer_list<std::int64_t> factors) {
  Count result = 1;
  for (const auto factor : factors) result = core::saturating_multiply(result, static_cast<Count>(factor));
  return result;
}

std::string unsupported_shape(const Case& shape) {
  const bool known = std::find(std::begin(kCpuDtypes), std::end(kCpuDtypes), shape.dtype) != std::end(kCpuDtypes);
  if (!known) return fmt::format("dtypes are fp32, bf16 and fp16, not {}", core::name(shape.dtype));
  if (shape.kv_dtype != shape.dtype) {
    return fmt::format("kv_dtype is {}, but must be the dtype, {}", core::name(shape.kv_dtype), core::name(shape.dtype));
  }
  if (std::max(shape.head_dim, shape.head_dim_v) > kMaxHeadDim) {
    return fmt::format("head_dim and head_dim_v are at most {}", kMaxHeadDim);
  }
  if (shape.page != 0 && shape.page != 16 && shape.page != 32 && shape.page % kKeyTile != 0) {
    return fmt::format("pages are of 16, 32 or a multiple of 64 tokens, not {}", shape.page);
  }
  if (shape.tiling != patterns::Tiling::kFlat) {
    return fmt::format("{} tiling is not supported, only flat", patterns::name(shape.tiling));
  }
  if (const auto determined = patterns::check_determined(shape.pattern); !determined) {
    return determined.error().front().message;
  }
  return unsupported_batch(shape);
}

// The kernel's own tile, or one of the same size.
bool is_own_tile(const patterns::Lengths& tile, std::int64_t size) {
  return tile.empty() || patterns::volume(tile) == size;
}

Count part_bytes(const Request& request, const Case& shape, const TileOps& ops) {
  const std::int64_t rows = request.q_tiles.empty()
                                ? shape.q_len
                                : static_cast<std::int64_t>(request.q_tiles.size()) * kQueryTile;
  const std::int64_t values = packed_bytes(shape, value_layout(shape, ops));
  Count bytes = product({shape.batch, shape.kv_heads, packed_bytes(shape, key_layout(shape, ops)) + values});
  bytes += product({shape.batch, shape.q_heads, rows, shape.head_dim + shape.head_dim_v + 1, sizeof(float)});
  bytes += product({core::ceil_div(rows, kQueryTile), sizeof(ComputedTile) + sizeof(TileList)});
  if (request.check) {
    bytes += static_cast<Count>(values);                                              // one-hot values
    bytes += product({shape.kv_len, shape.head_dim + shape.head_dim_v, sizeof(float)});  // K and V of one head
  }
  return bytes;
}

}  // namespace

std::string cpu_kernel_name(core::DType dtype) {
  return fmt::format("spanwise-cpu-{}", core::name(dtype));
}

std::string unsupported_reason(const Request& request) {
  const auto& shape = request.shape;
  if (auto reason = unsupported_shape(shape); !reason.empty()) return reason;
  if (!shape.kernel.empty() && shape.kernel != cpu_kernel_name(shape.dtype)) {
    return fmt::format("kernel '{}' does not run {}, this runner has {}", shape.kernel, core::name(shape.dtype),
                       cpu_kernel_name(shape.dtype));
  }
  if (!is_own_tile(shape.q_tile, kQueryTile) || !is_own_tile(shape.kv_tile, kKeyTile)) {
    return fmt::format("tiles are {} queries by {} keys", kQueryTile, kKeyTile);
  }
  if (auto reason = unsupported_params(shape); !reason.empty()) return reason;
  if (attention_params(shape)->lists != ListsBy::kCase) return "this runner has one list for all heads";
  if (!request.q_tiles.empty() && is_ragged(shape)) {
    return "q_tiles name tiles of one length, the batch is ragged";
  }
  if (request.check && !LeakValues::fits(shape.kv_len, shape.head_dim_v)) {
    return fmt::format("the leak check is exact in fp32 only for shorter rows than {} keys", shape.kv_len);
  }
  return {};
}

const TileOps& attention_ops(const Case& shape, std::string_view isa) {
  const auto& best = best_tile_ops(shape.dtype, isa);
  const bool splits_pairs = shape.page != 0 && shape.page < best.chunk_step * kChunk;
  return splits_pairs ? best_tile_ops(shape.dtype, "avx512_bf16") : best;
}

Count memory_needed(const Request& request, const TileOps& ops) {
  Count bytes = 0;
  for (const auto& part : sequences_of(request.shape)) bytes += part_bytes(request, part, ops);
  return bytes;
}

}  // namespace spanwise::kernels
