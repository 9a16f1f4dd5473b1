// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/run_plan.h"

#include <algorithm>
#include <unordered_map>

#include "core/int128.h"
#include "core/random.h"
#include "kernels/attention_params.h"
#include "kernels/sequences.h"
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
  // Runs count their tiles from `first_tile` on.
  Drafter(const patterns::Case& shape, int key_tile, std::int32_t first_tile)
      : shape_(shape),
        visibility_(shape),
        lister_(shape, kCudaQueryTile, key_tile),
        key_tile_(key_tile),
        first_tile_(first_tile),
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
      add_tile(draft.runs, first_tile_ + list.full[i], TileRun::kNoMask);
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
    draft.runs.push_back({first_tile_ + kv_tile, 1, static_cast<std::int32_t>(draft.masks.size())});
    draft.masks.push_back(std::move(mask));
  }

  const patterns::Case& shape_;
  patterns::Visibility visibility_;
  patterns::TileLister lister_;
  int key_tile_;
  std::int32_t first_tile_;
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

PlanRow merge(const Draft& draft, MaskTable& table, std::vector<TileRun>& runs) {
  PlanRow row;
  row.first_run = static_cast<std::int32_t>(runs.size());
  for (const auto& run : draft.runs) {
    const bool masked = run.mask != TileRun::kNoMask;
    const auto mask = masked ? table.index_of(draft.masks[static_cast<std::size_t>(run.mask)]) : TileRun::kNoMask;
    const bool extends = static_cast<std::int32_t>(runs.size()) > row.first_run && runs.back().mask == mask &&
                         runs.back().first + runs.back().count == run.first;
    if (extends) {
      runs.back().count += run.count;
    } else {
      runs.push_back({run.first, run.count, mask});
    }
    row.tiles += run.count;
  }
  row.runs = static_cast<std::int32_t>(runs.size()) - row.first_run;
  return row;
}

// Places the sequences one after the other. Tiles of query rows and of keys never reach over the end of a sequence.
void place_sequences(const patterns::Case& shape, std::span<const std::int64_t> q_tiles, RunPlan& plan) {
  for (auto& part : sequences_of(shape)) {
    PlanSequence sequence;
    const auto tiles = place_tiles(part.q_len, kCudaQueryTile, q_tiles);
    sequence.first_tile = plan.tiles.size();
    sequence.tiles = tiles.size();
    sequence.first_row = static_cast<std::int64_t>(plan.tiles.size()) * kCudaQueryTile;
    if (!tiles.empty()) sequence.rows = tiles.back().first_row + tiles.back().tokens;
    sequence.first_key = core::ceil_div(plan.keys, std::int64_t{plan.key_tile}) * plan.key_tile;
    plan.rows = sequence.first_row + sequence.rows;
    plan.keys = sequence.first_key + part.kv_len;
    plan.tiles.insert(plan.tiles.end(), tiles.begin(), tiles.end());
    sequence.shape = std::move(part);
    plan.sequences.push_back(std::move(sequence));
  }
}

class Planner {
 public:
  Planner(RunPlan& plan, std::uint64_t max_bytes, core::ThreadPool& pool)
      : plan_(plan), max_bytes_(max_bytes), pool_(pool), table_(plan.masks) {}

  // The rows of a sequence by one list. False beyond max_bytes.
  bool add(const PlanSequence& sequence, const patterns::Case& shape, std::size_t list) {
    const Drafter drafter(shape, plan_.key_tile, static_cast<std::int32_t>(sequence.first_key / plan_.key_tile));
    // Drafts hold masks that are not merged yet: few at once, enough that threads seldom wait for each other.
    std::vector<Draft> drafts(4 * static_cast<std::size_t>(pool_.threads()));
    for (std::size_t begin = 0; begin < sequence.tiles; begin += drafts.size()) {
      const std::size_t count = std::min(drafts.size(), sequence.tiles - begin);
      const std::size_t first = sequence.first_tile + begin;
      pool_.run(count, [&](std::size_t i, int) { drafts[i] = drafter.draft(plan_.tiles[first + i]); });
      for (std::size_t i = 0; i < count; ++i) {
        plan_.plan_rows[list * plan_.tiles.size() + first + i] = merge(drafts[i], table_, plan_.runs);
        if (list != 0) continue;
        plan_.full_tiles += drafts[i].full;
        plan_.partial_tiles += drafts[i].partial;
      }
      if (plan_.runs.size() * sizeof(TileRun) + plan_.masks.size() * sizeof(std::uint32_t) > max_bytes_) return false;
    }
    return true;
  }

 private:
  RunPlan& plan_;
  std::uint64_t max_bytes_;
  core::ThreadPool& pool_;
  MaskTable table_;
};

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
  place_sequences(shape, q_tiles, plan);
  plan.lists = cases_by_list(plan.sequences.front().shape).size();
  plan.plan_rows.resize(plan.lists * plan.tiles.size());
  Planner planner(plan, max_bytes, pool);
  for (const auto& sequence : plan.sequences) {
    if (auto fine = patterns::check_listable(sequence.shape, kCudaQueryTile, plan.key_tile); !fine) return fine.error();
    const auto cases = cases_by_list(sequence.shape);
    for (std::size_t list = 0; list < cases.size(); ++list) {
      if (planner.add(sequence, cases[list], list)) continue;
      return core::fail(core::Fault::kEnvironment, "the tile lists and masks do not fit the available memory",
                        "run some of the query tiles only");
    }
  }
  return plan;
}

std::vector<WorkItem> order_items(const RunPlan& plan, std::int64_t section_bytes) {
  const auto& shape = plan.sequences.front().shape;  // heads and batch are the same in all
  const std::int64_t head_bytes = plan.keys * (shape.head_dim + shape.head_dim_v) * core::bytes_of(shape.kv_dtype);
  const std::int64_t kv_heads = shape.batch * shape.kv_heads;
  const std::int64_t section = std::clamp<std::int64_t>(section_bytes / head_bytes, 1, kv_heads);
  const std::int64_t group = shape.q_heads / shape.kv_heads;
  std::vector<WorkItem> items;
  items.reserve(plan.tiles.size() * static_cast<std::size_t>(kv_heads * group));
  for (std::int64_t begin = 0; begin < kv_heads; begin += section) {
    const std::int64_t end = std::min(begin + section, kv_heads);
    const auto first = static_cast<std::ptrdiff_t>(items.size());
    for (std::size_t tile = 0; tile < plan.tiles.size(); ++tile) {
      for (std::int64_t q_head = begin * group; q_head < end * group; ++q_head) {
        const auto& row = plan.row(list_of_head(shape, plan.lists, q_head), tile);
        items.push_back({static_cast<std::int32_t>(tile), static_cast<std::int32_t>(q_head), row.tiles, row.first_run});
      }
    }
    std::stable_sort(items.begin() + first, items.end(),
                     [](const WorkItem& a, const WorkItem& b) { return a.tiles > b.tiles; });
  }
  return items;
}

}  // namespace spanwise::kernels
