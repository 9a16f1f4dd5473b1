// SPDX-License-Identifier: Apache-2.0
// The time of one attention kernel call: work items with costs in cycles, a schedule, memory floors, a clock.
// docs/time_model.md derives every term.
#pragma once

#include <string>

#include "core/provenance.h"
#include "core/units.h"
#include "sim/priced_kernel.h"

namespace spanwise::sim {

// What a rung of the ladder adds; the model with effects 1..k on includes all before it.
enum class Effect { kFlops, kTiles, kPipeline, kMemory, kSchedule, kSelection, kLaunch, kClock };

// Where the time of a call goes, in seconds; the parts do not add up (they overlap), `time` is the whole.
struct Estimate {
  core::Seconds time, low, high;  // low..high: 90 % interval
  core::Seconds memory;           // bytes over the bandwidth the kernel reaches
  double correction = 1;          // the factor on the modelled time that measured rows ask for (correction.h)
  core::Basis basis = core::Basis::kAssumed;
  std::string kernel;
};

// The clock that the kernel runs at in a regime.
core::Hertz kernel_clock(const PricedKernel& priced, patterns::Regime regime);

// Cycles of one full tile, and what a partial tile costs above it.
double full_tile_cycles(const PricedKernel& priced, const patterns::Case& shape);
double partial_tile_cycles(const PricedKernel& priced);

// Bytes that must move when every tensor is touched once, over the keys that are visible: Q, K, V, O.
core::Bytes compulsory_bytes(const patterns::Case& shape, const TileWork& work);

// Seconds with the effects up to `last` switched on, from the constants alone. Not monotone by itself; the ladder makes it so.
core::Seconds attention_seconds(const patterns::Case& shape, const PricedKernel& priced, Effect last);

// All effects, with the interval of the constants, never below the roof.
Estimate estimate(const patterns::Case& shape, const PricedKernel& priced);

// max(kept FLOPs / matrix peak, compulsory bytes / bandwidth): no kernel can be faster. With a warm cache, bytes that fit
// the last level move at its bandwidth.
core::Seconds roof_seconds(const patterns::Case& shape, const PricedKernel& priced);

}  // namespace spanwise::sim
