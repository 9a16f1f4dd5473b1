// SPDX-License-Identifier: Apache-2.0
#include "sim/tile_work.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace spanwise::sim {
namespace {

using hwmodels::PackGroup;

std::string key_of(const patterns::CountRequest& r) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {}", fmt::join(r.tokens, "x"), patterns::to_json(r.pattern),
                     fmt::join(r.q_tile, "x"), fmt::join(r.kv_tile, "x"), static_cast<int>(r.tiling),
                     fmt::join(r.q_tokens, "x"), fmt::join(r.q_offset, "x"), r.extra_kv_tokens, r.extra_q_tokens,
                     r.group_heads);
}

bool packs(const patterns::Case& shape, PackGroup rule, std::int64_t q_tile) {
  const auto group = shape.q_heads / shape.kv_heads;
  if (group == 1 || rule == PackGroup::kNever) return false;
  return rule == PackGroup::kAlways || shape.q_len * group <= q_tile;
}

}  // namespace

core::Result<std::shared_ptr<const patterns::TileCounts>> CountCache::get(const patterns::CountRequest& request) {
  const auto key = key_of(request);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = counts_.find(key); found != counts_.end()) return found->second;
  }
  auto counted = patterns::count_tiles(request);
  if (!counted) return counted.error();
  const std::lock_guard lock(mutex_);
  return counts_.emplace(key, std::make_shared<const patterns::TileCounts>(std::move(*counted))).first->second;
}

core::Result<TileWork> tile_work(const patterns::Case& shape, const hwmodels::KernelModel& kernel,
                                 const hwmodels::KernelTile& tile, CountCache& cache) {
  TileWork work;
  work.q_tile = patterns::volume(tile.q_tile);
  work.kv_tile = patterns::volume(tile.kv_tile);
  work.packed = packs(shape, kernel.pack_group, work.q_tile);
  const auto rows = shape.q_len * (work.packed ? shape.q_heads / shape.kv_heads : 1);
  if (kernel.row_step > 0 && rows < work.q_tile) {
    work.q_tile = core::ceil_div(rows, kernel.row_step) * kernel.row_step;
  }
  work.heads = static_cast<double>(shape.batch) * static_cast<double>(work.packed ? shape.kv_heads : shape.q_heads);

  patterns::CountRequest request;
  request.tokens = shape.grid();
  request.pattern = shape.pattern;
  request.q_tile = tile.q_tile;
  request.kv_tile = tile.kv_tile;
  request.tiling = kernel.tiling;
  request.extra_kv_tokens = shape.extra_tokens();
  if (shape.q_len == shape.kv_len) {
    request.extra_q_tokens = shape.extra_tokens();
  } else {
    request.q_tokens = {shape.q_len};  // read_workload() admits fewer queries for plain sequences alone
  }
  request.group_heads = work.packed ? shape.q_heads / shape.kv_heads : 1;
  auto counts = cache.get(request);
  if (!counts) return counts.error();
  work.counts = std::move(*counts);
  return work;
}

}  // namespace spanwise::sim
