// SPDX-License-Identifier: Apache-2.0
// The tiles of a whole case in the forms that kernels take. Memory follows the number of visited tiles.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "patterns/case.h"

namespace spanwise::patterns {

// Compressed sparse rows: query tile r visits tiles[first[r]] to tiles[first[r + 1] - 1], ascending.
struct TileRows {
  std::vector<std::uint64_t> first{0};
  std::vector<std::int32_t> tiles;
  bool operator==(const TileRows&) const = default;
};

struct BlockList {
  std::int64_t q_tiles = 0, kv_tiles = 0;
  TileRows full, partial;  // apart, so that masks are looked at where they are needed alone
};

// In flat order. The same for any number of threads. Errors: pairs that are not determined, more than 2^31 - 1 KV tiles,
// lists beyond `max_bytes`.
core::Result<BlockList> make_block_list(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile, std::uint64_t max_bytes,
                                        core::ThreadPool& pool);

// Runs of neighbouring tiles [begin, end) in place of the tiles: a pair of entries a run.
TileRows run_lengths(const TileRows& rows);

// One bit a tile, 64 to a word, each row padded to whole words: tile t of a row is bit t mod 64 of word t / 64. Error:
// beyond `max_bytes`, for this form alone grows with all tiles.
core::Result<std::vector<std::uint64_t>> bit_mask(const BlockList& list, std::uint64_t max_bytes);

// Query tiles ordered by the first KV tile that they visit, then by the last: neighbours in time share what caches hold.
std::vector<std::int32_t> order_for_locality(const BlockList& list);

}  // namespace spanwise::patterns
