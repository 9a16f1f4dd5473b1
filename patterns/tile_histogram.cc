// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace spanwise::patterns {

void AxisCounts::add(std::uint64_t q_tiles, std::uint64_t visited, std::uint64_t full) {
  if (!rows.empty() && rows.back().visited == visited && rows.back().full == full) {
    rows.back().q_tiles += q_tiles;
  } else {
    rows.push_back({q_tiles, visited, full});
  }
}

void AxisCounts::sort() {
  const auto before = [](const AxisRow& a, const AxisRow& b) {
    return std::tie(a.visited, a.full) < std::tie(b.visited, b.full);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && rows[kept - 1].visited == rows[i].visited && rows[kept - 1].full == rows[i].full) {
      rows[kept - 1].q_tiles += rows[i].q_tiles;
    } else {
      rows[kept++] = rows[i];
    }
  }
  rows.resize(kept);
}

core::Result<AxisCounts> multiply(const AxisCounts& outer, const AxisCounts& inner) {
  const auto combinations = core::saturating_multiply(outer.rows.size(), inner.rows.size());
  if (combinations > kMaxTilesWalked) {
    return core::fail(core::Fault::kInput,
                      fmt::format("the axes combine to more than {} different query tiles", kMaxTilesWalked),
                      "take larger query tiles or a smaller layout");
  }
  AxisCounts product;
  product.rows.reserve(static_cast<std::size_t>(combinations));
  for (const AxisRow& a : outer.rows) {
    for (const AxisRow& b : inner.rows) {
      product.rows.push_back({a.q_tiles * b.q_tiles, a.visited * b.visited, a.full * b.full});
    }
  }
  product.sort();
  product.kernel = outer.kernel * inner.kernel;
  return product;
}

void fill_from_rows(const std::vector<AxisRow>& rows, bool know_full, TileCounts& counts) {
  core::Count full = 0;
  counts.rows.reserve(rows.size());
  for (const AxisRow& row : rows) {
    const core::Count q_tiles = row.q_tiles;
    if (counts.rows.empty() || row.visited < counts.kv_tiles_min) counts.kv_tiles_min = row.visited;
    counts.kv_tiles_max = std::max<core::Count>(counts.kv_tiles_max, row.visited);
    counts.q_tiles += q_tiles;
    counts.kv_tiles += q_tiles * row.visited;
    full += q_tiles * row.full;
    counts.rows.push_back({row.q_tiles, row.full, row.visited - row.full});
  }
  std::sort(counts.rows.begin(), counts.rows.end(), [](const TileRow& a, const TileRow& b) {
    return std::tie(a.full, a.partial) < std::tie(b.full, b.partial);
  });
  if (!know_full) return;
  counts.full_tiles = full;
  counts.partial_tiles = counts.kv_tiles - full;
  counts.block_sparse = counts.kv_tiles == full;
}

}  // namespace spanwise::patterns
