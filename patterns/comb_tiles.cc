// SPDX-License-Identifier: Apache-2.0
#include "patterns/comb_tiles.h"

#include <algorithm>
#include <numeric>

namespace spanwise::patterns {

std::optional<CombTiles> CombTiles::of(const KeySource& source, std::int64_t keys, std::int64_t kv_tile) {
  const auto comb = source.comb();
  constexpr std::int64_t kLongest = std::int64_t{1} << 20;  // tiles of a table: 16 MB
  if (!comb || comb->step / std::gcd(comb->step, kv_tile) > kLongest) return std::nullopt;
  return CombTiles(source, *comb, keys, kv_tile);
}

CombTiles::CombTiles(const KeySource& source, Comb comb, std::int64_t keys, std::int64_t kv_tile)
    : source_(source), comb_(comb), keys_(keys), kv_tile_(kv_tile) {
  const std::int64_t period = comb.step / std::gcd(comb.step, kv_tile);
  table_.reserve(static_cast<std::size_t>(period) + 1);
  TilesSeen sum;
  for (std::int64_t tile = 0; tile < period; ++tile) {
    table_.push_back(sum);
    const std::int64_t begin = tile * kv_tile, end = begin + kv_tile;
    // The first block that ends behind the tile's begin.
    const std::int64_t block = begin < comb.first + comb.width ? 0 : (begin - comb.first - comb.width) / comb.step + 1;
    const std::int64_t at = comb.first + block * comb.step;
    sum.visited += at < end ? 1 : 0;
    sum.full += at <= begin && at + comb.width >= end ? 1 : 0;
  }
  table_.push_back(sum);
}

double CombTiles::steps(std::int64_t queries) const {
  const Interval near = source_.near({keys_ / 2, std::min(keys_ / 2 + queries, keys_)});
  const std::int64_t around = (near.end == keys_ ? keys_ / 2 + queries : near.end) - near.begin + 2 * kv_tile_;
  return static_cast<double>(around / comb_.step + 4) * static_cast<double>(queries / comb_.width + 2);
}

TilesSeen CombTiles::before(std::int64_t tile) const {
  const auto period = static_cast<std::int64_t>(table_.size()) - 1;
  const TilesSeen whole = table_.back(), rest = table_[static_cast<std::size_t>(tile % period)];
  return {tile / period * whole.visited + rest.visited, tile / period * whole.full + rest.full};
}

TilesSeen CombTiles::anchored(Interval queries, TileKeys& scratch) const {
  const Interval near = source_.near(queries);
  const std::int64_t whole = keys_ / kv_tile_;  // tiles that the end does not cut
  const Interval tiles{std::min(near.begin / kv_tile_, whole), std::min(core::ceil_div(near.end, kv_tile_), whole)};
  TilesSeen seen = before(tiles.begin);
  if (near.end < keys_) {
    const TilesSeen low = before(tiles.end), high = before(whole);
    seen.visited += high.visited - low.visited;
    seen.full += high.full - low.full;
  }
  const Interval cut{whole * kv_tile_, keys_};
  for (const Interval part : {Interval{tiles.begin * kv_tile_, tiles.end * kv_tile_}, cut}) {
    if (part.empty()) continue;
    source_.look_within(queries, part, scratch);
    seen.visited += tiles_touched(scratch.any, kv_tile_);
    seen.full += tiles_within(scratch.all, kv_tile_, keys_);
  }
  return seen;
}

std::int64_t CombTiles::from_first_keys(Interval queries, TileKeys& scratch) const {
  const Interval near = source_.near(queries);
  // Whole steps, so that no run of keys is cut: the gap of a comb stands before each of its blocks.
  const auto steps = [this](std::int64_t keys) { return std::max<std::int64_t>(0, (keys - comb_.first) / comb_.step); };
  const std::int64_t left = steps(near.begin), per_block = core::ceil_div(comb_.width, kv_tile_);
  std::int64_t visited = left * per_block;
  Interval part{left == 0 ? 0 : comb_.first + left * comb_.step, keys_};
  if (near.end < keys_) {
    // A block that begins right behind the near keys is one run with them.
    const std::int64_t first = near.end < comb_.first ? 0 : (near.end - comb_.first) / comb_.step + 1;
    const std::int64_t last = std::max(first, steps(keys_));  // the block that the end may cut
    visited += (last - first) * per_block;
    const std::int64_t cut = comb_.first + last * comb_.step;
    if (cut < keys_) visited += core::ceil_div(std::min(comb_.width, keys_ - cut), kv_tile_);
    part.end = std::min(comb_.first + first * comb_.step, keys_);
  }
  if (part.empty()) return visited;
  source_.look_within(queries, part, scratch);
  for (const Interval span : scratch.any) visited += core::ceil_div(span.size(), kv_tile_);
  return visited;
}

}  // namespace spanwise::patterns
