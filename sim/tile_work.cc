// SPDX-License-Identifier: Apache-2.0
#include "sim/tile_work.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace spanwise::sim {
namespace {

using hwmodels::PackGroup;

std::string key_of(const patterns::CountRequest& r) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {}", fmt::join(r.tokens, "x"), patterns::to_json(r.pattern),
                     fmt::join(r.q_tile, "x"), fmt::join(r.kv_tile, "x"), static_cast<int>(r.tiling),
                     fmt::join(r.q_tokens, "x"), fmt::join(r.q_offset, "x"), r.extra_kv_tokens, r.extra_q_tokens,
                     r.group_heads);
}

bool packs(const patterns::Case& shape, const hwmodels::KernelModel& kernel, std::int64_t q_tile) {
  const auto group = shape.q_heads / shape.kv_heads;
  const auto rule = kernel.pack_group;
  if (group == 1 || rule == PackGroup::kNever) return false;
  if (kernel.swaps_groups) return shape.q_len == 1;
  return rule == PackGroup::kAlways || shape.q_len * group <= q_tile;
}

// The count of one sequence.
patterns::CountRequest request_of(const patterns::Case& shape, const hwmodels::KernelModel& kernel, const hwmodels::KernelTile& tile,
                                  bool packed, std::int64_t q_len, std::int64_t kv_len) {
  patterns::CountRequest request;
  request.tokens = shape.tokens.empty() ? patterns::Lengths{kv_len} : shape.tokens;
  request.pattern = shape.pattern;
  request.q_tile = tile.q_tile;
  request.kv_tile = tile.kv_tile;
  request.tiling = kernel.tiling;
  request.extra_kv_tokens = shape.extra_tokens();
  if (q_len == kv_len) {
    request.extra_q_tokens = shape.extra_tokens();
  } else {
    request.q_tokens = {q_len};  // read_workload() admits fewer queries for plain sequences alone
  }
  request.group_heads = packed ? shape.q_heads / shape.kv_heads : 1;
  return request;
}

void add(patterns::TileCounts& sum, const patterns::TileCounts& one, core::Count times) {
  const auto both = [&](const std::optional<core::Count>& a, const std::optional<core::Count>& b) {
    return a && b ? std::optional(*a + *b * times) : std::nullopt;
  };
  sum.pairs += one.pairs * times;
  sum.dense_pairs += one.dense_pairs * times;
  sum.q_tiles += one.q_tiles * times;
  sum.q_tiles_launched += one.q_tiles_launched * times;
  sum.kv_tiles += one.kv_tiles * times;
  sum.kernel_kv_tiles += one.kernel_kv_tiles * times;
  sum.dense_kv_tiles = std::max(sum.dense_kv_tiles, one.dense_kv_tiles);
  sum.kv_tiles_max = std::max(sum.kv_tiles_max, one.kv_tiles_max);
  sum.kv_tiles_min = std::min(sum.kv_tiles_min, one.kv_tiles_min);
  sum.full_tiles = both(sum.full_tiles, one.full_tiles);
  sum.partial_tiles = both(sum.partial_tiles, one.partial_tiles);
  sum.block_sparse = sum.block_sparse && one.block_sparse ? std::optional(*sum.block_sparse && *one.block_sparse) : std::nullopt;
  sum.natten_block_sparse.reset();
  for (auto row : one.rows) {
    row.q_tiles *= static_cast<std::uint64_t>(times);
    sum.rows.push_back(row);
  }
}

// All sequences of a ragged batch as one problem: sums over sequences, the rows side by side.
core::Result<std::shared_ptr<const patterns::TileCounts>> ragged_counts(const patterns::Case& shape, const hwmodels::KernelModel& kernel,
                                                                        const hwmodels::KernelTile& tile, bool packed, CountCache& cache) {
  std::map<std::pair<std::int64_t, std::int64_t>, core::Count> sequences;
  for (std::size_t i = 0; i < shape.kv_lens.size(); ++i) ++sequences[{shape.q_lens[i], shape.kv_lens[i]}];
  patterns::TileCounts sum;
  sum.kv_tiles_min = ~core::Count{0};
  sum.full_tiles = sum.partial_tiles = core::Count{0};
  sum.block_sparse = true;
  for (const auto& [lengths, times] : sequences) {
    auto one = cache.get(request_of(shape, kernel, tile, packed, lengths.first, lengths.second));
    if (!one) return one.error();
    add(sum, **one, times);
  }
  std::sort(sum.rows.begin(), sum.rows.end(), [](const patterns::TileRow& a, const patterns::TileRow& b) {
    return std::tie(a.full, a.partial, a.q_tiles) < std::tie(b.full, b.partial, b.q_tiles);
  });
  return std::make_shared<const patterns::TileCounts>(std::move(sum));
}

double total(const std::vector<std::int64_t>& lengths) {
  return static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}));
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
  const bool ragged = !shape.kv_lens.empty();
  core::ensure(shape.q_lens.size() == shape.kv_lens.size(), "tile_work: a ragged batch needs q_lens and kv_lens");
  work.q_tile = patterns::volume(tile.q_tile);
  work.kv_tile = patterns::volume(tile.kv_tile);
  work.packed = packs(shape, kernel, work.q_tile);
  const auto rows = shape.q_len * (work.packed ? shape.q_heads / shape.kv_heads : 1);
  if (kernel.row_step > 0 && rows < work.q_tile) {
    work.q_tile = core::ceil_div(rows, kernel.row_step) * kernel.row_step;
  }
  work.shared_kv = kernel.shared_kv;
  work.sequences = ragged ? 1 : static_cast<double>(shape.batch);
  work.q_tokens = ragged ? total(shape.q_lens) : static_cast<double>(shape.q_len);
  work.kv_tokens = ragged ? total(shape.kv_lens) : static_cast<double>(shape.kv_len);
  work.heads = work.sequences * static_cast<double>(work.packed ? shape.kv_heads : shape.q_heads);
  auto counts = ragged ? ragged_counts(shape, kernel, tile, work.packed, cache)
                       : cache.get(request_of(shape, kernel, tile, work.packed, shape.q_len, shape.kv_len));
  if (!counts) return counts.error();
  work.counts = std::move(*counts);
  return work;
}

}  // namespace spanwise::sim
