// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/tile_plan.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "core/int128.h"
#include "core/random.h"
#include "kernels/cpu/gathered_chunks.h"
#include "patterns/tile_list.h"
#include "patterns/visibility.h"

namespace spanwise::kernels {
namespace {

// Gathering a key costs about a third of what multiplying it with 64 rows does, and as much with fewer rows.
constexpr std::int64_t kGatherRows = 32;

// What one query tile visits; masks and gathered keys have indices of their own.
struct Draft {
  std::vector<TileVisit> visits;
  std::vector<TileMask> masks;
  std::vector<GatheredKeys> gathered;
  std::uint64_t full = 0, partial = 0;
};

// Brings the keys that are seen in nearly empty tiles together, 64 at a time.
class Gatherer {
 public:
  explicit Gatherer(Draft& draft) : draft_(draft) {}

  // Whether fewer than half of the keys in the chunks that must be multiplied are seen.
  static bool pays(std::uint64_t some) {
    int live = 0;
    for (int bit = 0; bit < kKeyTile; bit += kChunk) live += (some >> bit & 0xffff) != 0 ? kChunk : 0;
    return 2 * std::popcount(some) < live;
  }

  void add(std::int32_t kv_tile, const TileMask& mask, std::uint64_t some) {
    for (; some != 0; some &= some - 1) {
      const int bit = std::countr_zero(some);
      if (count_ == kKeyTile || count_ == kNone) begin();
      draft_.gathered.back()[static_cast<std::size_t>(count_)] = kv_tile * kKeyTile + bit;
      auto& target = draft_.masks[mask_];
      for (std::size_t row = 0; row < mask.size(); ++row) target[row] |= (mask[row] >> bit & 1) << count_;
      ++count_;
    }
  }

 private:
  static constexpr int kNone = -1;

  void begin() {
    count_ = 0;
    mask_ = draft_.masks.size();
    const auto index = static_cast<std::int32_t>(draft_.gathered.size());
    draft_.visits.push_back({~index, static_cast<std::int32_t>(mask_)});
    draft_.gathered.emplace_back().fill(kNoKey);
    draft_.masks.emplace_back().fill(0);
  }

  Draft& draft_;
  int count_ = kNone;      // keys of the last tile
  std::size_t mask_ = 0;   // of the last tile
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
        add_masked(draft, kv_tile, mask_of(tile, kv_tile));
      } else if (auto* last = draft.visits.empty() ? nullptr : &draft.visits.back();
                 last != nullptr && last->mask == TileVisit::kFull && last->kv_tile + last->tiles == kv_tile) {
        ++last->tiles;
      } else {
        draft.visits.push_back({kv_tile, TileVisit::kFull});
      }
    }
    Gatherer gatherer(draft);
    const auto rows = static_cast<std::size_t>(tile.tokens * group_);
    for (const auto kv_tile : list.partial) {
      const auto mask = mask_of(tile, kv_tile);
      std::uint64_t some = 0;
      for (std::size_t row = 0; row < rows; ++row) some |= mask[row];
      if (rows >= kGatherRows && Gatherer::pays(some)) {
        gatherer.add(kv_tile, mask, some);
      } else {
        add_masked(draft, kv_tile, mask);
      }
    }
    return draft;
  }

 private:
  static void add_masked(Draft& draft, std::int32_t kv_tile, const TileMask& mask) {
    draft.visits.push_back({kv_tile, static_cast<std::int32_t>(draft.masks.size())});
    draft.masks.push_back(mask);
  }

  TileMask mask_of(const ComputedTile& tile, std::int32_t kv_tile) const {
    TileMask mask;
    mask.fill(~std::uint64_t{0});  // rows without a query need no care
    for (std::int64_t token = 0; token < tile.tokens; ++token) {
      const auto word = visibility_.mask64(tile.first_token + token, std::int64_t{kv_tile} * kKeyTile);
      std::fill_n(mask.begin() + token * group_, group_, word);
    }
    return mask;
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
    if (visit.mask != TileVisit::kFull) visit.mask = table.index_of(draft.masks[static_cast<std::size_t>(visit.mask)]);
    if (visit.is_gathered()) {
      plan.gathered.push_back(draft.gathered[static_cast<std::size_t>(~visit.kv_tile)]);
      visit.kv_tile = ~static_cast<std::int32_t>(plan.gathered.size() - 1);
    }
    plan.visits.push_back(visit);
  }
  plan.first_visit.push_back(plan.visits.size());
  plan.full_tiles += draft.full;
  plan.partial_tiles += draft.partial;
}

}  // namespace

std::size_t TilePlan::tiles_of(std::size_t tile) const {
  std::size_t count = 0;
  for (const auto& visit : visits_of(tile)) count += static_cast<std::size_t>(visit.tiles);
  return count;
}

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
