// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/tile_plan.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

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

// A tile that some rows see in part.
struct PartialTile {
  std::int32_t kv_tile;
  TileMask mask;
  std::uint64_t some;  // keys that any row sees

  int live_chunks() const {
    int live = 0;
    for (int bit = 0; bit < kKeyTile; bit += kChunk) live += (some >> bit & 0xffff) != 0 ? 1 : 0;
    return live;
  }
  // Fewer than half of the keys in the chunks that must be multiplied are seen.
  bool nearly_empty() const { return 2 * std::popcount(some) < live_chunks() * kChunk; }
};

// Whether the keys of the nearly empty tiles fill less than half of the chunks in which they lie: the edge of a window,
// a few keys of one chunk, does not get shorter.
bool gathering_pays(std::span<const PartialTile> tiles) {
  int keys = 0, chunks = 0;
  for (const auto& tile : tiles) {
    if (!tile.nearly_empty()) continue;
    keys += std::popcount(tile.some);
    chunks += tile.live_chunks();
  }
  return 2 * core::ceil_div(keys, static_cast<int>(kChunk)) < chunks;
}

// Brings the keys that are seen in nearly empty tiles together, 64 at a time.
class Gatherer {
 public:
  explicit Gatherer(Draft& draft) : draft_(draft) {}

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
    const auto partial = partial_tiles(tile, list.partial);
    const bool gathers = tile.tokens * group_ >= kGatherRows && gathering_pays(partial);
    for (const auto& part : partial) {
      if (gathers && part.nearly_empty()) {
        gatherer.add(part.kv_tile, part.mask, part.some);
      } else {
        add_masked(draft, part.kv_tile, part.mask);
      }
    }
    return draft;
  }

 private:
  static void add_masked(Draft& draft, std::int32_t kv_tile, const TileMask& mask) {
    draft.visits.push_back({kv_tile, static_cast<std::int32_t>(draft.masks.size())});
    draft.masks.push_back(mask);
  }

  std::vector<PartialTile> partial_tiles(const ComputedTile& tile, const auto& kv_tiles) const {
    std::vector<PartialTile> partial;
    for (const auto kv_tile : kv_tiles) {
      auto& part = partial.emplace_back(kv_tile, mask_of(tile, kv_tile), 0);
      for (std::int64_t row = 0; row < tile.tokens * group_; ++row) part.some |= part.mask[static_cast<std::size_t>(row)];
    }
    return partial;
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

// Gives equal entries one index, in the order of their first use.
template <class Entry>
class StoredOnce {
 public:
  explicit StoredOnce(std::vector<Entry>& entries) : entries_(entries) {}

  std::int32_t index_of(const Entry& entry) {
    auto& candidates = by_hash_[core::fingerprint(entry.data(), sizeof(entry))];
    for (const auto index : candidates) {
      if (entries_[static_cast<std::size_t>(index)] == entry) return index;
    }
    candidates.push_back(static_cast<std::int32_t>(entries_.size()));
    entries_.push_back(entry);
    return candidates.back();
  }

 private:
  std::vector<Entry>& entries_;
  std::unordered_map<std::uint64_t, std::vector<std::int32_t>> by_hash_;
};

// Makes visits count from the first KV tile that moves with the query tile, and returns that tile. What reaches from the
// first key without a gap stays: sinks, and the whole list of a causal row.
std::int32_t make_relative(std::vector<TileVisit>& visits) {
  std::vector<std::pair<std::int32_t, std::int32_t>> places;  // begin, end
  for (const auto& visit : visits) {
    if (!visit.is_gathered()) places.emplace_back(visit.kv_tile, visit.kv_tile + visit.tiles);
  }
  std::sort(places.begin(), places.end());
  std::int32_t reach = 0;
  for (const auto& [begin, end] : places) {
    if (begin == reach) {
      reach = end;
      continue;
    }
    for (auto& visit : visits) {
      if (visit.kv_tile < reach) continue;  // gathered ones too
      visit.kv_tile -= begin;
      visit.moves = true;
    }
    return begin;
  }
  return 0;
}

class Merger {
 public:
  explicit Merger(TilePlan& plan) : plan_(plan), masks_(plan.masks), gathered_(plan.gathered) {}

  void merge(Draft& draft) {
    for (auto& visit : draft.visits) {
      if (visit.mask != TileVisit::kFull) visit.mask = masks_.index_of(draft.masks[static_cast<std::size_t>(visit.mask)]);
      if (visit.is_gathered()) visit.kv_tile = ~gathered_.index_of(draft.gathered[static_cast<std::size_t>(~visit.kv_tile)]);
    }
    const auto shift = make_relative(draft.visits);
    std::uint64_t hash = draft.visits.size();
    for (const auto& visit : draft.visits) {
      const std::int64_t words[] = {static_cast<std::int64_t>(hash), visit.kv_tile, visit.mask, visit.tiles, visit.moves};
      hash = core::fingerprint(words, sizeof(words));
    }
    add_list(draft.visits, by_hash_[hash]);
    plan_.lists.back().shift = shift;
    plan_.full_tiles += draft.full;
    plan_.partial_tiles += draft.partial;
  }

 private:
  void add_list(const std::vector<TileVisit>& visits, std::vector<TileList>& candidates) {
    for (const auto& list : candidates) {
      const auto stored = std::span(plan_.visits).subspan(list.first, list.count);
      if (!std::equal(stored.begin(), stored.end(), visits.begin(), visits.end())) continue;
      plan_.lists.push_back(list);
      return;
    }
    plan_.append(visits);
    candidates.push_back(plan_.lists.back());
  }

  TilePlan& plan_;
  StoredOnce<TileMask> masks_;
  StoredOnce<GatheredKeys> gathered_;
  std::unordered_map<std::uint64_t, std::vector<TileList>> by_hash_;
};

}  // namespace

std::size_t TilePlan::tiles_of(std::size_t tile) const {
  std::size_t count = 0;
  for (const auto visit : visits_of(tile)) count += static_cast<std::size_t>(visit.tiles);
  return count;
}

void TilePlan::append(std::span<const TileVisit> list) {
  lists.push_back({visits.size(), static_cast<std::uint32_t>(list.size())});
  visits.insert(visits.end(), list.begin(), list.end());
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
  const Drafter drafter(shape, plan.group);
  Merger merger(plan);
  // Drafts hold masks that are not merged yet: few at once, enough that threads seldom wait for each other.
  std::vector<Draft> drafts(4 * static_cast<std::size_t>(pool.threads()));
  for (std::size_t begin = 0; begin < plan.tiles.size(); begin += drafts.size()) {
    const std::size_t count = std::min(drafts.size(), plan.tiles.size() - begin);
    pool.run(count, [&](std::size_t i, int) { drafts[i] = drafter.draft(plan.tiles[begin + i]); });
    for (std::size_t i = 0; i < count; ++i) merger.merge(drafts[i]);
    if (plan.bytes() > max_bytes) {
      return core::fail(core::Fault::kEnvironment, "the tile lists and masks do not fit the available memory",
                        "run some of the query tiles only");
    }
  }
  return plan;
}

}  // namespace spanwise::kernels
