// SPDX-License-Identifier: Apache-2.0
#include "patterns/block_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "core/int128.h"
#include "patterns/tile_list.h"

namespace spanwise::patterns {
namespace {

core::Diagnostics too_large(std::uint64_t max_bytes) {
  return core::fail(core::Fault::kEnvironment, fmt::format("the block list exceeds {} bytes", max_bytes), "take larger tiles");
}

void append_rows(const std::vector<TileList>& lists, std::size_t count, BlockList& list) {
  for (std::size_t i = 0; i < count; ++i) {
    for (auto [from, to] : {std::pair{&lists[i].full, &list.full}, std::pair{&lists[i].partial, &list.partial}}) {
      to->tiles.insert(to->tiles.end(), from->begin(), from->end());
      to->first.push_back(to->tiles.size());
    }
  }
}

std::pair<std::int32_t, std::int32_t> reach(const TileRows& rows, std::size_t row) {
  if (rows.first[row] == rows.first[row + 1]) return {std::numeric_limits<std::int32_t>::max(), -1};
  return {rows.tiles[rows.first[row]], rows.tiles[rows.first[row + 1] - 1]};
}

}  // namespace

core::Result<BlockList> make_block_list(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile, std::uint64_t max_bytes,
                                        core::ThreadPool& pool) {
  if (auto fine = check_listable(shape, q_tile, kv_tile); !fine) return fine.error();
  BlockList list{core::ceil_div(shape.q_len, q_tile), core::ceil_div(shape.kv_len, kv_tile), {}, {}};
  const TileLister lister(shape, q_tile, kv_tile);
  // A few rows of each thread at a time, so that what is not yet joined stays small.
  std::vector<TileList> rows(64 * static_cast<std::size_t>(pool.threads()));
  const auto all = static_cast<std::size_t>(list.q_tiles);
  for (std::size_t begin = 0; begin < all; begin += rows.size()) {
    const std::size_t count = std::min(rows.size(), all - begin);
    pool.run(count, [&](std::size_t i, int) { rows[i] = lister.list(static_cast<std::int64_t>(begin + i)); });
    append_rows(rows, count, list);
    const std::uint64_t bytes = (list.full.tiles.size() + list.partial.tiles.size()) * sizeof(std::int32_t) +
                                2 * list.full.first.size() * sizeof(std::uint64_t);
    if (bytes > max_bytes) return too_large(max_bytes);
  }
  return list;
}

TileRows run_lengths(const TileRows& rows) {
  TileRows runs;
  for (std::size_t row = 0; row + 1 < rows.first.size(); ++row) {
    for (auto at = rows.first[row]; at < rows.first[row + 1]; ++at) {
      const std::int32_t tile = rows.tiles[at];
      const bool grows = at > rows.first[row] && runs.tiles.back() == tile;
      if (grows) {
        ++runs.tiles.back();
      } else {
        runs.tiles.insert(runs.tiles.end(), {tile, tile + 1});
      }
    }
    runs.first.push_back(runs.tiles.size());
  }
  return runs;
}

core::Result<std::vector<std::uint64_t>> bit_mask(const BlockList& list, std::uint64_t max_bytes) {
  const auto words = static_cast<std::uint64_t>(core::ceil_div(list.kv_tiles, 64));
  if (core::saturating_multiply(words, static_cast<core::Count>(list.q_tiles) * 8) > max_bytes) return too_large(max_bytes);
  std::vector<std::uint64_t> mask(words * static_cast<std::uint64_t>(list.q_tiles));
  for (const auto* rows : {&list.full, &list.partial}) {
    for (std::size_t row = 0; row + 1 < rows->first.size(); ++row) {
      for (auto at = rows->first[row]; at < rows->first[row + 1]; ++at) {
        const auto tile = static_cast<std::uint64_t>(rows->tiles[at]);
        mask[row * words + tile / 64] |= std::uint64_t{1} << tile % 64;
      }
    }
  }
  return mask;
}

std::vector<std::int32_t> order_for_locality(const BlockList& list) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(list.q_tiles));
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&list](std::int32_t row) {
    const auto full = reach(list.full, static_cast<std::size_t>(row)), partial = reach(list.partial, static_cast<std::size_t>(row));
    return std::tuple(std::min(full.first, partial.first), std::max(full.second, partial.second), row);
  };
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return key(a) < key(b); });
  return order;
}

}  // namespace spanwise::patterns
