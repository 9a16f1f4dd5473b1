// SPDX-License-Identifier: Apache-2.0
// Which tiles a kernel ships with: configs/tiles/*.yaml.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "patterns/case.h"

namespace spanwise::patterns {

struct TilePair {
  std::int64_t max_head_dim = 0;  // 0: any
  Lengths q_tile, kv_tile;        // the same number of axes
};

struct TilePairs {
  std::string name;
  std::string source;
  Tiling tiling = Tiling::kStatic;
  std::vector<TilePair> pairs;
};

core::Result<TilePairs> read_tile_pairs(const std::filesystem::path& path);

// "4x8x8/2x8x8,8x8x8/4x8x8" as pairs in static tiling.
core::Result<TilePairs> parse_tile_pairs(const std::string& text);

}  // namespace spanwise::patterns
