// SPDX-License-Identifier: Apache-2.0
// The KV tiles that a flat kernel visits for one query tile: made tile by tile, so a long sequence never needs
// memory for all of them at once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::patterns {

struct TileList {
  std::vector<std::int32_t> full;     // ascending; every real query sees every real key
  std::vector<std::int32_t> partial;  // ascending
};

// Why the query tiles of the case cannot be listed: pairs that are not determined, more than 2^31 - 1 tiles, or rows whose
// keys do not fit the memory one by one.
core::Status check_listable(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile);

// Query tile `index` holds query tokens [index * q_tile, ...), KV tile t keys [t * kv_tile, ...), in flat order with
// the extra tokens last. Agrees with count_tiles() in flat tiling, tile by tile, but for patterns that reorder tokens
// (token_subset, permuted): those are listed in the order of the layout, in which kernels hold the tokens.
// Thread safe; what depends on the case alone is made once. The case must have passed check_listable().
class TileLister {
 public:
  TileLister(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile);
  TileList list(std::int64_t index) const;
  // About how many steps of 5 to 10 ns that takes.
  double steps() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// The same for one tile.
TileList list_tiles(const Case& shape, std::int64_t q_tile, std::int64_t kv_tile, std::int64_t index);

}  // namespace spanwise::patterns
