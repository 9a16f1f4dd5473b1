// SPDX-License-Identifier: Apache-2.0
// The ladder: how fast a sparse kernel could be, and what is lost on the way, one effect a rung.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/kernel_choice.h"

namespace spanwise::sim {

struct Rung {
  std::string name;       // roof, flops, tiles, pipeline, memory, schedule, selection, launch, clock
  core::Seconds time;     // t_k = max(t_(k-1), model with effects 1..k on)
  double speedup = 1;     // T_ref / t_k
  std::string reason;     // what this rung takes away, in words
};

struct Ladder {
  core::Seconds reference;          // T_ref: the dense baseline with all effects
  std::string reference_kernel;
  std::vector<Rung> rungs;
  // Two factors that stand apart from the rungs.
  double kernel_quality = 1;        // T_ref over the sparse kernel's own dense time; below 1: a weaker kernel
  double dense_schedule_loss = 1;   // T_ref over its time without memory, schedule, launch and clock effects
  double natten_worst_tile = 1;     // dense tiles over the tiles of the heaviest query tile, as NATTEN's simulator

  bool memory_bound = false;        // the dense baseline waits for memory more than for its products, as in decode

  // The speedup at the rung `tiles`. Nothing where the baseline is memory bound: fewer products bound nothing there.
  std::optional<double> tile_bound() const;
};

// `sparse` must have been chosen on the same machine as `dense`, for the same shape but the pattern.
core::Result<Ladder> make_ladder(const Choice& sparse, const Choice& dense, const Pricing& pricing);

}  // namespace spanwise::sim
