// SPDX-License-Identifier: Apache-2.0
#include "measure/sample_tiles.h"

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "core/random.h"
#include "patterns/tile_list.h"
#include "patterns/visibility.h"

namespace spanwise::measure {
namespace {

constexpr std::int64_t kLookedAt = 64;
constexpr std::uint64_t kStream = 11;  // of the random generator; streams 1 to 3 are Q, K and V

// Visible pairs of one query tile, counted in the partial tiles and multiplied out in the full ones.
core::Count visible_pairs(const patterns::Case& shape, const patterns::Visibility& visibility,
                          const patterns::TileList& list, std::int64_t q_tile, std::int64_t kv_tile, std::int64_t index) {
  const auto first = index * q_tile;
  const auto last = std::min(first + q_tile, shape.q_len);
  core::Count pairs = 0;
  for (const auto tile : list.full) {
    const auto keys = std::min(kv_tile, shape.kv_len - tile * kv_tile);
    pairs += static_cast<core::Count>(keys) * static_cast<core::Count>(last - first);
  }
  for (const auto tile : list.partial) {
    const auto end = std::min((tile + 1) * kv_tile, shape.kv_len);
    for (auto query = first; query < last; ++query) {
      for (auto key = tile * kv_tile; key < end; key += 64) {
        auto mask = visibility.mask64(query, key);
        if (end - key < 64) mask &= (std::uint64_t{1} << (end - key)) - 1;
        pairs += static_cast<core::Count>(std::popcount(mask));
      }
    }
  }
  return pairs;
}

}  // namespace

std::vector<std::int64_t> sample_tiles(const patterns::Case& shape, std::int64_t q_tile, std::int64_t kv_tile,
                                       std::int64_t count) {
  const auto tiles = core::ceil_div(shape.q_len, q_tile);
  std::set<std::int64_t> chosen;
  if (tiles <= count) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) chosen.insert(tile);
    return {chosen.begin(), chosen.end()};
  }
  std::int64_t heaviest = 0;
  std::size_t most = 0;
  for (std::int64_t i = 0; i < kLookedAt; ++i) {
    const auto tile = i * (tiles - 1) / (kLookedAt - 1);
    const auto list = patterns::list_tiles(shape, q_tile, kv_tile, tile);
    if (list.full.size() + list.partial.size() <= most) continue;
    most = list.full.size() + list.partial.size();
    heaviest = tile;
  }
  chosen = {0, tiles - 1, heaviest};
  for (std::uint64_t draw = 0; static_cast<std::int64_t>(chosen.size()) < count; ++draw) {
    const auto bits = core::random_bits(shape.seed, kStream, draw);
    chosen.insert(static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(tiles)));
  }
  return {chosen.begin(), chosen.end()};
}

sim::TileWork sampled_work(const patterns::Case& shape, const sim::TileWork& whole, std::int64_t q_tile,
                           const std::vector<std::int64_t>& tiles) {
  auto counts = std::make_shared<patterns::TileCounts>(*whole.counts);
  if (whole.packed || static_cast<std::int64_t>(tiles.size()) == core::ceil_div(shape.q_len, q_tile)) return whole;
  const patterns::Visibility visibility(shape);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> rows;
  counts->pairs = counts->kv_tiles = counts->kv_tiles_max = 0;
  counts->full_tiles = counts->partial_tiles = 0;
  for (const auto tile : tiles) {
    const auto list = patterns::list_tiles(shape, q_tile, whole.kv_tile, tile);
    ++rows[{list.full.size(), list.partial.size()}];
    counts->pairs += visible_pairs(shape, visibility, list, q_tile, whole.kv_tile, tile);
    *counts->full_tiles += list.full.size();
    *counts->partial_tiles += list.partial.size();
    counts->kv_tiles_max = std::max<core::Count>(counts->kv_tiles_max, list.full.size() + list.partial.size());
  }
  counts->kv_tiles = *counts->full_tiles + *counts->partial_tiles;
  counts->kernel_kv_tiles = counts->kv_tiles;
  counts->q_tiles = counts->q_tiles_launched = tiles.size();
  counts->rows.clear();
  for (const auto& [kind, number] : rows) counts->rows.push_back({number, kind.first, kind.second});
  auto work = whole;
  work.counts = std::move(counts);
  return work;
}

}  // namespace spanwise::measure
