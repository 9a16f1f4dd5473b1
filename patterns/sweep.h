// SPDX-License-Identifier: Apache-2.0
// Every stride of a neighborhood under a pair of tiles, pruned as the tables of arXiv 2504.16922 are: by stride volume,
// and only what visits fewer tiles in the worst query tile than every smaller stride.
#pragma once

#include <optional>
#include <vector>

#include "core/result.h"
#include "patterns/tile_count.h"
#include "patterns/tile_pairs.h"

namespace spanwise::patterns {

struct SweepPoint {
  Lengths stride, dilation;
  TilePair tiles;
  double flop_speedup = 0;   // pairs of the dense mask over visible ones
  double worst_speedup = 0;  // KV tiles of a dense row over those of the worst query tile
  double total_speedup = 0;  // KV tiles of dense attention over all visited ones
  double keys = 0;           // keys of the KV tiles that a query tile visits, on average
  std::optional<bool> block_sparse, natten_block_sparse;
};

// All strides of the window on every axis that is not causal (causal ones keep theirs), for the tiles and dilation
// given; ascending by stride volume. Axes are counted apart and multiplied, so thousands of strides take milliseconds.
// Errors: those of count_tiles().
core::Result<std::vector<SweepPoint>> sweep_strides(const Lengths& tokens, const Neighborhood& pattern, Tiling tiling,
                                                    const TilePair& tiles);

// Of points of several tile pairs: by stride volume and then speedup, those better than all kept before.
std::vector<SweepPoint> prune(std::vector<SweepPoint> points);

// The KV box of at most `volume` tokens, a multiple of 8 and more than half of it, that makes a query tile visit the
// fewest keys on average; ties go to the larger box. Boxes need not be powers of two. Static and dynamic tiling.
core::Result<TilePair> best_kv_box(const Lengths& tokens, const Neighborhood& pattern, Tiling tiling, const Lengths& q_tile,
                                   std::int64_t volume);

}  // namespace spanwise::patterns
