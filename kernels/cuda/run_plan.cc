// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/run_plan.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "core/int128.h"
#include "core/random.h"
#include "patterns/tile_list.h"
#include "patterns/visibility.h"

namespace spanwise::kernels {
namespace {

using Mask = std::vector<std::uint32_t>;  // [128 rows][mask_words(key_tile)]

// What one query tile visits; the mask of a run is an index in `masks` of its own.
struct Draft {
  std::vector<TileRun> runs;
  std::vector<Mask> masks;
  std::uint64_t full = 0, partial = 0;
};

void add_tile(std::vector<TileRun>& runs, std::int32_t tile, std::int32_t mask) {
  if (!runs.empty() && runs.back().mask == mask && runs.back().first + runs.back().count == tile) {
    ++runs.back().count;
  } else {
    runs.push_back({tile, 1, mask});
  }
}

class Drafter {
 public:
  Drafter(const patterns::Case& shape, int key_tile)
      : shape_(shape),
        visibility_(shape),
        lister_(shape, kCudaQueryTile, key_tile),
        key_tile_(key_tile),
        ragged_(shape.kv_len % key_tile != 0) {}

  Draft draft(const ComputedTile& tile) const {
    const auto list = lister_.list(tile.first_token / kCudaQueryTile);
    Draft draft;
    draft.full = list.full.size();
    draft.partial = list.partial.size();
    for (const auto kv_tile : list.partial) add_masked(draft, tile, kv_tile);
    const bool padded_end = ragged_ && !list.full.empty() && list.full.back() == shape_.kv_len / key_tile_;
    if (padded_end) add_masked(draft, tile, list.full.back());
    for (std::size_t i = 0; i + (padded_end ? 1 : 0) < list.full.size(); ++i) {
      add_tile(draft.runs, list.full[i], TileRun::kNoMask);
    }
    return draft;
  }

 private:
  void add_masked(Draft& draft, const ComputedTile& tile, std::int32_t kv_tile) const {
    const auto words = static_cast<std::size_t>(mask_words(key_tile_));
    Mask mask(static_cast<std::size_t>(kCudaQueryTile) * words, ~std::uint32_t{0});  // rows without a query need no care
    for (std::int64_t token = 0; token < tile.tokens; ++token) {
      const auto row = visibility_.row(tile.first_token + token);
      for (std::size_t word = 0; word < words; word += 2) {
        const auto bits = row.mask64(std::int64_t{kv_tile} * key_tile_ + static_cast<std::int64_t>(word) * 32);
        const auto at = static_cast<std::size_t>(token) * words + word;
        mask[at] = static_cast<std::uint32_t>(bits);
        if (word + 1 < words) mask[at + 1] = static_cast<std::uint32_t>(bits >> 32);
      }
    }
    draft.runs.push_back({kv_tile, 1, static_cast<std::int32_t>(draft.masks.size())});
    draft.masks.push_back(std::move(mask));
  }

  const patterns::Case& shape_;
  patterns::Visibility visibility_;
  patterns::TileLister lister_;
  int key_tile_;
  bool ragged_;  // the last KV tile has padding behind the last key
};

// Gives equal masks one index, in the order of their first use: all diagonal tiles of a causal mask are the same.
class MaskTable {
 public:
  explicit MaskTable(std::vector<std::uint32_t>& masks) : masks_(masks) {}

  std::int32_t index_of(const Mask& mask) {
    auto& candidates = by_hash_[core::fingerprint(mask.data(), mask.size() * sizeof(mask[0]))];
    for (const auto index : candidates) {
      const auto begin = masks_.begin() + index * static_cast<std::ptrdiff_t>(mask.size());
      if (std::equal(mask.begin(), mask.end(), begin)) return index;
    }
    candidates.push_back(static_cast<std::int32_t>(masks_.size() / mask.size()));
    masks_.insert(masks_.end(), mask.begin(), mask.end());
    return candidates.back();
  }

 private:
  std::vector<std::uint32_t>& masks_;
  std::unordered_map<std::uint64_t, std::vector<std::int32_t>> by_hash_;
};

void merge(const Draft& draft, MaskTable& table, RunPlan& plan) {
  std::int32_t tiles = 0;
  const auto begin = plan.runs.size();
  for (const auto& run : draft.runs) {
    const bool masked = run.mask != TileRun::kNoMask;
    const auto mask = masked ? table.index_of(draft.masks[static_cast<std::size_t>(run.mask)]) : TileRun::kNoMask;
    const bool extends = plan.runs.size() > begin && plan.runs.back().mask == mask &&
                         plan.runs.back().first + plan.runs.back().count == run.first;
    if (extends) {
      plan.runs.back().count += run.count;
    } else {
      plan.runs.push_back({run.first, run.count, mask});
    }
    tiles += run.count;
  }
  plan.first_run.push_back(static_cast<std::int32_t>(plan.runs.size()));
  plan.row_tiles.push_back(tiles);
  plan.full_tiles += draft.full;
  plan.partial_tiles += draft.partial;
}

}  // namespace

int cuda_key_tile(const patterns::Case& shape) {
  if (shape.head_dim <= 128) return 128;
  const bool whole = std::holds_alternative<patterns::Dense>(shape.pattern) ||
                     std::holds_alternative<patterns::SlidingWindow>(shape.pattern);
  return whole ? 80 : 64;
}

core::Result<RunPlan> plan_runs(const patterns::Case& shape, std::span<const std::int64_t> q_tiles,
                                std::uint64_t max_bytes, core::ThreadPool& pool) {
  RunPlan plan;
  plan.key_tile = cuda_key_tile(shape);
  plan.tiles = place_tiles(shape.q_len, kCudaQueryTile, q_tiles);
  if (!plan.tiles.empty()) plan.rows = plan.tiles.back().first_row + plan.tiles.back().tokens;
  plan.first_run.push_back(0);
  const Drafter drafter(shape, plan.key_tile);
  MaskTable table(plan.masks);
  // Drafts hold masks that are not merged yet: few at once, enough that threads seldom wait for each other.
  std::vector<Draft> drafts(4 * static_cast<std::size_t>(pool.threads()));
  for (std::size_t begin = 0; begin < plan.tiles.size(); begin += drafts.size()) {
    const std::size_t count = std::min(drafts.size(), plan.tiles.size() - begin);
    pool.run(count, [&](std::size_t i, int) { drafts[i] = drafter.draft(plan.tiles[begin + i]); });
    for (std::size_t i = 0; i < count; ++i) merge(drafts[i], table, plan);
    if (plan.runs.size() * sizeof(TileRun) + plan.masks.size() * sizeof(std::uint32_t) > max_bytes) {
      return core::fail(core::Fault::kEnvironment, "the tile lists and masks do not fit the available memory",
                        "run some of the query tiles only");
    }
  }
  return plan;
}

std::vector<WorkItem> order_items(const patterns::Case& shape, const RunPlan& plan, std::int64_t section_bytes) {
  std::vector<std::int32_t> rows(plan.tiles.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(), [&](std::int32_t a, std::int32_t b) {
    return plan.row_tiles[static_cast<std::size_t>(a)] > plan.row_tiles[static_cast<std::size_t>(b)];
  });
  const std::int64_t head_bytes = shape.kv_len * (shape.head_dim + shape.head_dim_v) * core::bytes_of(shape.kv_dtype);
  const std::int64_t kv_heads = shape.batch * shape.kv_heads;
  const std::int64_t section = std::clamp<std::int64_t>(section_bytes / head_bytes, 1, kv_heads);
  const std::int64_t group = shape.q_heads / shape.kv_heads;
  std::vector<WorkItem> items;
  items.reserve(rows.size() * static_cast<std::size_t>(kv_heads * group));
  for (std::int64_t begin = 0; begin < kv_heads; begin += section) {
    const std::int64_t end = std::min(begin + section, kv_heads);
    for (const auto row : rows) {
      for (std::int64_t q_head = begin * group; q_head < end * group; ++q_head) {
        items.push_back({row, static_cast<std::int32_t>(q_head), plan.row_tiles[static_cast<std::size_t>(row)],
                         plan.first_run[static_cast<std::size_t>(row)]});
      }
    }
  }
  return items;
}

}  // namespace spanwise::kernels
