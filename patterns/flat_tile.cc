// SPDX-License-Identifier: Apache-2.0
#include "patterns/flat_tile.h"

#include <algorithm>
#include <utility>

#include "core/int128.h"

namespace spanwise::patterns {

FlatTileCounter::FlatTileCounter(std::vector<AxisRule> axes, QueryLayout queries, std::int64_t extra_keys,
                                 std::int64_t kv_tile)
    : axes_(std::move(axes)), queries_(std::move(queries)), kv_tile_(kv_tile) {
  for (const AxisRule& axis : axes_) grid_keys_ *= axis.length;
  keys_ = grid_keys_ + extra_keys;
  pairs_.resize(static_cast<std::size_t>(core::ceil_div(keys_, kv_tile_)));
  cover_.resize(static_cast<std::size_t>(axes_.back().length + axes_.back().dilation));
  prefix_.resize(static_cast<std::size_t>(axes_.back().length + 1));
  outer_.resize(axes_.size() - 1);
}

std::int64_t FlatTileCounter::keys_in(std::int64_t tile) const {
  return std::min((tile + 1) * kv_tile_, keys_) - tile * kv_tile_;
}

void FlatTileCounter::count(std::int64_t begin, std::int64_t end) {
  std::fill(pairs_.begin() + touched_.begin, pairs_.begin() + touched_.end, 0);
  touched_ = {static_cast<std::int64_t>(pairs_.size()), 0};
  counted_queries_ = end - begin;
  const std::int64_t grid_end = std::min(end, queries_.grid_queries);
  if (end > grid_end) add_keys({0, keys_}, end - std::max(begin, grid_end));
  if (grid_end <= begin) return;
  add_keys({grid_keys_, keys_}, grid_end - begin);
  // Queries before the layout see no key of the grid.
  const std::int64_t last = grid_end + queries_.first;
  for (std::int64_t at = std::max<std::int64_t>(begin + queries_.first, 0); at < last;) {
    const std::int64_t row_end = std::min((at / queries_.box.back() + 1) * queries_.box.back(), last);
    add_row_piece(at, row_end);
    at = row_end;
  }
  if (touched_.empty()) touched_ = {};
}

void FlatTileCounter::add_keys(Interval keys, std::int64_t queries) {
  if (keys.empty()) return;
  const Interval tiles{keys.begin / kv_tile_, (keys.end - 1) / kv_tile_ + 1};
  for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    const Interval inside{std::max(keys.begin, tile * kv_tile_), std::min(keys.end, (tile + 1) * kv_tile_)};
    pairs_[static_cast<std::size_t>(tile)] += queries * inside.size();
  }
  touched_ = {std::min(touched_.begin, tiles.begin), std::max(touched_.end, tiles.end)};
}

// Queries of the box with row-major indices [begin, end), all in one row of it.
void FlatTileCounter::add_row_piece(std::int64_t begin, std::int64_t end) {
  std::int64_t rest = begin / queries_.box.back();
  for (std::size_t axis = outer_.size(); axis-- > 0;) {
    outer_[axis] = axes_[axis].keys_of(rest % queries_.box[axis] + queries_.offset[axis]);
    rest /= queries_.box[axis];
  }
  const Interval covered = cover_last_axis(begin % queries_.box.back() + queries_.offset.back(), end - begin);
  add_rows(0, 0, covered);
}

// Fills prefix_ over the returned interval: prefix_[k] is the number of pairs of the piece with keys before
// k.
Interval FlatTileCounter::cover_last_axis(std::int64_t first, std::int64_t count) {
  const AxisRule& axis = axes_.back();
  Interval covered{axis.length, 0};
  for (std::int64_t i = 0; i < count; ++i) {
    const AxisKeys keys = axis.keys_of(first + i);
    // One step past the last key, where the run of this class ends.
    const std::int64_t stop = keys.end - 1 + keys.step;
    ++cover_[static_cast<std::size_t>(keys.begin)];
    --cover_[static_cast<std::size_t>(stop)];
    covered = {std::min(covered.begin, keys.begin), std::max(covered.end, keys.end)};
  }
  std::int64_t before = 0;
  for (std::int64_t key = covered.begin; key < covered.end; ++key) {
    const auto at = static_cast<std::size_t>(key);
    if (key - axis.dilation >= covered.begin)
      cover_[at] += cover_[at - static_cast<std::size_t>(axis.dilation)];
    prefix_[at] = before;
    before += cover_[at];
  }
  prefix_[static_cast<std::size_t>(covered.end)] = before;
  std::fill(cover_.begin() + covered.begin, cover_.begin() + covered.end + axis.dilation, 0);
  return covered;
}

void FlatTileCounter::add_rows(std::size_t axis, std::int64_t key_base, Interval covered) {
  if (axis == outer_.size()) {
    add_key_row(key_base * axes_[axis].length, covered);
    return;
  }
  const AxisKeys& keys = outer_[axis];
  for (std::int64_t key = keys.begin; key < keys.end; key += keys.step) {
    add_rows(axis + 1, key_base * axes_[axis].length + key, covered);
  }
}

void FlatTileCounter::add_key_row(std::int64_t key_base, Interval covered) {
  const std::int64_t end = key_base + covered.end;
  const std::int64_t first_tile = (key_base + covered.begin) / kv_tile_;
  std::int64_t tile = first_tile;
  std::int64_t before = prefix_[static_cast<std::size_t>(covered.begin)];
  for (std::int64_t tile_end = (tile + 1) * kv_tile_;; ++tile, tile_end += kv_tile_) {
    const std::int64_t up_to = prefix_[static_cast<std::size_t>(std::min(tile_end, end) - key_base)];
    pairs_[static_cast<std::size_t>(tile)] += up_to - before;
    before = up_to;
    if (tile_end >= end) break;
  }
  touched_ = {std::min(touched_.begin, first_tile), std::max(touched_.end, tile + 1)};
}

}  // namespace spanwise::patterns
