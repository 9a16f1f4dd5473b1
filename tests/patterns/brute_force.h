// SPDX-License-Identifier: Apache-2.0
// The oracle of masks and tile counts: slow on purpose, pair by pair and token by token from the definitions,
// sharing no code with what it checks (the requests and results are plain data).
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/case.h"
#include "patterns/tile_count.h"

namespace spanwise::oracle {

struct Mask {
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  std::vector<char> seen;  // row-major, queries x keys

  bool sees(std::int64_t query, std::int64_t key) const {
    return seen[static_cast<std::size_t>(query * keys + key)] != 0;
  }
};

Mask mask_of(const patterns::Case& shape);
Mask mask_of(const patterns::CountRequest& request);

// Whether the tile holds a visible pair, and whether all of its pairs are visible.
struct TileLook {
  bool visited = false;
  bool full = false;
};
TileLook look(const Mask& mask, const std::vector<std::int64_t>& queries,
              const std::vector<std::int64_t>& keys);

patterns::TileCounts count(const patterns::CountRequest& request);

}  // namespace spanwise::oracle
