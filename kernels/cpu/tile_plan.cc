// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/tile_plan.h"

#include <algorithm>
#include <unordered_map>

#include "core/int128.h"
#include "core/random.h"
#include "patterns/tile_list.h"
#include "patterns/visibility.h"

namespace spanwise::kernels {
namespace {

// What one query tile visits; mask is an index in `masks` of its own.
struct Draft {
  std::vector<TileVisit> visits;
  std::vector<TileMask> masks;
  std::uint64_t full = 0, partial = 0;
};

class Drafter {
 public:
  Drafter(const patterns::Case& shape, std::int64_t group)
      : shape_(shape), visibility_(shape), lister_(shape, kQueryTile, kKeyTile), group_(group),
        ragged_(shape.kv_len % kKeyTile != 0) {}

  Draft draft(const ComputedTile& tile) const {
    const auto list = lister_.list(tile.first_token / kQueryTile);
    Draft draft;
    draft.full = list.full.size();
    draft.partial = list.partial.size();
    for (const auto kv_tile : list.full) {
      if (ragged_ && kv_tile == shape_.kv_len / kKeyTile) {
        add_masked(draft, tile, kv_tile);
      } else {
        draft.visits.push_back({kv_tile, TileVisit::kFull});
      }
    }
    for (const auto kv_tile : list.partial) add_masked(draft, tile, kv_tile);
    return draft;
  }

 private:
  void add_masked(Draft& draft, const ComputedTile& tile, std::int32_t kv_tile) const {
    draft.visits.push_back({kv_tile, static_cast<std::int32_t>(draft.masks.size())});
    auto& mask = draft.masks.emplace_back();
    mask.fill(~std::uint64_t{0});  // rows without a query need no care
    for (std::int64_t token = 0; token < tile.tokens; ++token) {
      const auto word = visibility_.mask64(tile.first_token + token, std::int64_t{kv_tile} * kKeyTile);
      std::fill_n(mask.begin() + token * group_, group_, word);
    }
  }

  const patterns::Case& shape_;
  patterns::Visibility visibility_;
  patterns::TileLister lister_;
  std::int64_t group_;
  bool ragged_;  // the last KV tile has padding behind the last key
};

// Gives equal masks one index, in the order of their first use.
class MaskTable {
 public:
  explicit MaskTable(std::vector<TileMask>& masks) : masks_(masks) {}

  std::int32_t index_of(const TileMask& mask) {
    auto& candidates = by_hash_[core::fingerprint(mask.data(), sizeof(mask))];
    for (const auto index : candidates) {
      if (masks_[static_cast<std::size_t>(index)] == mask) return index;
    }
    candidates.push_back(static_cast<std::int32_t>(masks_.size()));
    masks_.push_back(mask);
    return candidates.back();
  }

 private:
  std::vector<TileMask>& masks_;
  std::unordered_map<std::uint64_t, std::vector<std::int32_t>> by_hash_;
};

void merge(const Draft& draft, MaskTable& table, TilePlan& plan) {
  for (auto visit : draft.visits) {
    if (visit.mask != TileVisit::kFull)
      visit.mask = table.index_of(draft.masks[static_cast<std::size_t>(visit.mask)]);
    plan.visits.push_back(visit);
  }
  plan.first_visit.push_back(plan.visits.size());
  plan.full_tiles += draft.full;
  plan.partial_tiles += draft.partial;
}

}  // namespace

std::int64_t packed_group(const patterns::Case& shape) {
  const std::int64_t group = shape.q_heads / shape.kv_heads;
  return group <= kQueryTile && shape.q_len <= kQueryTile / group ? group : 1;
}

std::int64_t query_tiles(const patterns::Case& shape) {
  return core::ceil_div(shape.q_len, kQueryTile);
}

core::Result<TilePlan> plan_tiles(const patterns::Case& shape, std::span<const std::int64_t> q_tiles,
                                  std::uint64_t max_bytes, core::ThreadPool& pool) {
  TilePlan plan;
  plan.group = packed_group(shape);
  plan.tiles = place_tiles(shape.q_len, kQueryTile, q_tiles);
  if (!plan.tiles.empty()) plan.rows = plan.tiles.back().first_row + plan.tiles.back().tokens;
  plan.first_visit.push_back(0);
  const Drafter drafter(shape, plan.group);
  MaskTable table(plan.masks);
  // Drafts hold masks that are not merged yet: few at once, enough that threads seldom wait for each other.
  std::vector<Draft> drafts(4 * static_cast<std::size_t>(pool.threads()));
  for (std::size_t begin = 0; begin < plan.tiles.size(); begin += drafts.size()) {
    const std::size_t count = std::min(drafts.size(), plan.tiles.size() - begin);
    pool.run(count, [&](std::size_t i, int) { drafts[i] = drafter.draft(plan.tiles[begin + i]); });
    for (std::size_t i = 0; i < count; ++i) merge(drafts[i], table, plan);
    if (plan.bytes() > max_bytes) {
      return core::fail(core::Fault::kEnvironment, "the tile lists and masks do not fit the available memory",
                        "run some of the query tiles only");
    }
  }
  return plan;
}

}  // namespace spanwise::kernels
