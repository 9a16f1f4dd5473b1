// SPDX-License-Identifier: Apache-2.0
#include "sim/attention_time.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/correction.h"
#include "sim/makespan.h"
#include "sim/split_rule.h"

namespace spanwise::sim {
namespace {

// Beyond what was fitted an interval is at least this wide (assumed).
constexpr double kExtrapolatedError = 0.5;

using core::to_double;

struct ItemCosts {
  double item, full, partial;  // cycles
};

// NATTEN's kernels mask every tile unless no tile of the problem needs it.
bool masks_everything(const PricedKernel& priced) {
  const auto& counts = *priced.work.counts;
  return priced.kernel->mask == hwmodels::MaskPolicy::kWholeProblem &&
         !counts.natten_block_sparse.value_or(counts.block_sparse.value_or(true));
}

// The items of one head, or of one KV group when packed, with rows cut into `parts`: each part is whole tiles and pays the
// prologue again.
std::vector<ItemGroup> item_groups(const PricedKernel& priced, const ItemCosts& costs, double parts = 1) {
  const bool all_masked = masks_everything(priced);
  std::vector<ItemGroup> groups;
  for (const auto& row : priced.work.counts->rows) {
    const auto full = static_cast<double>(all_masked ? 0 : row.full);
    const auto partial = static_cast<double>(all_masked ? row.full + row.partial : row.partial);
    const double tiles = full + partial;
    const double share = tiles > parts ? std::ceil(tiles / parts) / tiles : 1 / std::max(tiles, 1.0);
    const double used = std::min(parts, std::max(tiles, 1.0));
    groups.push_back({static_cast<double>(row.q_tiles) * used,
                      costs.item + share * (full * costs.full + partial * costs.partial)});
  }
  return groups;
}

double total_cost(const std::vector<ItemGroup>& groups) {
  double total = 0;
  for (const auto& group : groups) total += group.items * group.cost;
  return total;
}

core::Seconds step_seconds(const PricedKernel& priced) {
  return priced.constants->step.value > 0 ? priced.constants->step : priced.machine->launch.value;
}

// Cycles until the last processor is done. Kernels that cut rows do as their rule says (the fastest power of two if it is
// not known), and pay one more step for combining.
double busy_cycles(const PricedKernel& priced, const patterns::Case& shape, const ItemCosts& costs, double clock) {
  const auto slots = static_cast<std::int64_t>(priced.machine->processors.value);
  const double longest = to_double(priced.work.counts->kv_tiles_max);
  const double step = step_seconds(priced).value * clock;
  const auto cycles = [&](double parts) {
    return (parts > 1 ? step : 0) + makespan(item_groups(priced, costs, parts), priced.work.heads, slots, priced.kernel->schedule);
  };
  if (!priced.kernel->split_kv) return cycles(1);
  if (priced.kernel->split_rule != hwmodels::SplitRule::kBest) {
    return cycles(std::min(longest, static_cast<double>(dense_parts(shape, priced))));
  }
  double best = cycles(1);
  for (double parts = 2; parts <= std::min(longest, 128.0); parts *= 2) best = std::min(best, cycles(parts));
  return best;
}

// Keys whose K and V are read at least once, of one KV head.
double touched_keys(const TileWork& work) {
  const double visited = to_double(work.counts->kv_tiles) * static_cast<double>(work.kv_tile);
  return std::min(work.kv_tokens, visited);
}

double kv_row_bytes(const patterns::Case& shape, const TileWork& work) {
  return static_cast<double>(shape.head_dim + (work.shared_kv ? 0 : shape.head_dim_v)) * core::bytes_of(shape.kv_dtype);
}

double q_and_o_bytes(const patterns::Case& shape, const TileWork& work) {
  return work.sequences * static_cast<double>(shape.q_heads) * work.q_tokens *
         static_cast<double>(shape.head_dim + shape.head_dim_v) * core::bytes_of(shape.dtype);
}

// How often K and V of a head come from memory: once when the heads that run at the same time fit the usable cache,
// otherwise once for every set of query tiles that the processors hold together.
double rereads(const patterns::Case& shape, const PricedKernel& priced) {
  const auto& machine = *priced.machine;
  const double group = static_cast<double>(shape.q_heads) / static_cast<double>(shape.kv_heads);
  const double items = to_double(priced.work.counts->q_tiles) * (priced.work.packed ? 1.0 : group);
  const double at_once = std::ceil(machine.processors.value / items);
  const double held = at_once * touched_keys(priced.work) * kv_row_bytes(shape, priced.work);
  if (held <= machine.cache_size.value.value * machine.cache_usable.value) return 1.0;
  const double visited = to_double(priced.work.counts->kv_tiles) * static_cast<double>(priced.work.kv_tile);
  const double most = visited / touched_keys(priced.work);
  return std::clamp(items / machine.processors.value, 1.0, std::max(1.0, most));
}

// Where a machine does not say how fast its last cache is read: the least ratio to the memory among A100, H200 and L40
// (te42kyfo/gpu-benches: 2.1 to 6 times).
constexpr double kLeastCacheGain = 2.0;

double cache_bandwidth(const hwmodels::Machine& machine) {
  return std::max(machine.cache_bandwidth.value.value, kLeastCacheGain * machine.memory_bandwidth.value.value);
}

// Seconds to read and write `bytes` once. A warm cache still holds what the last call left there: all of it up to the
// usable size, nothing from twice that size on, where each line is gone before it is read again.
double transfer_seconds(double bytes, const patterns::Case& shape, const hwmodels::Machine& machine, double usable) {
  const double held = shape.cache == patterns::Cache::kWarm ? std::clamp(2.0 - bytes / usable, 0.0, 1.0) : 0.0;
  return bytes * (held / cache_bandwidth(machine) + (1.0 - held) / machine.memory_bandwidth.value.value);
}

double memory_seconds(const patterns::Case& shape, const PricedKernel& priced) {
  const auto& machine = *priced.machine;
  const double kv_heads = priced.work.sequences * static_cast<double>(shape.kv_heads);
  const double once = kv_heads * touched_keys(priced.work) * kv_row_bytes(shape, priced.work);
  const double again = once * (rereads(shape, priced) - 1.0);
  const double usable = machine.cache_size.value.value * machine.cache_usable.value;
  return (transfer_seconds(once + q_and_o_bytes(shape, priced.work), shape, machine, usable) +
          again / machine.memory_bandwidth.value.value) /
         priced.constants->bandwidth_share;
}

// Reading and writing queries and outputs once more.
double copy_seconds(const patterns::Case& shape, const PricedKernel& priced) {
  const auto& machine = *priced.machine;
  const double usable = machine.cache_size.value.value * machine.cache_usable.value;
  return transfer_seconds(2 * q_and_o_bytes(shape, priced.work), shape, machine, usable) / priced.constants->bandwidth_share;
}

// Permuting Q, K, V and O, into boxes or as the pattern says, and back: each read and written once. Of a subset of the
// tokens, its share.
double reorder_seconds(const patterns::Case& shape, const PricedKernel& priced) {
  const bool into_boxes = priced.kernel->reorders_tokens && shape.grid().size() > 1;
  if (!into_boxes && !patterns::moves_tokens(shape.pattern)) return 0;
  const auto& counts = *priced.work.counts;
  const double moved = to_double(counts.q_tiles) / to_double(counts.dense_q_tiles);
  const double kv = priced.work.sequences * static_cast<double>(shape.kv_heads) * priced.work.kv_tokens *
                    kv_row_bytes(shape, priced.work);
  const double own = priced.constants->reorder_share;
  const double share = own > 0 ? own : priced.machine->stream_share.value;
  return 2 * moved * (kv + q_and_o_bytes(shape, priced.work)) / (priced.machine->memory_bandwidth.value.value * share);
}

}  // namespace

core::Hertz kernel_clock(const PricedKernel& priced, patterns::Regime regime) {
  const auto own = priced.constants->sustained_clock;
  const bool sustained = regime == patterns::Regime::kSustained;
  return sustained && own.value > 0 ? own : priced.machine->clock(regime);
}

double full_tile_cycles(const PricedKernel& priced, const patterns::Case& shape) {
  const double scores = static_cast<double>(priced.work.q_tile) * static_cast<double>(priced.work.kv_tile);
  const double flops = 2 * scores * static_cast<double>(shape.head_dim + shape.head_dim_v);
  const auto rate = priced.machine->matrix_flop_per_clock.at(shape.dtype).value;
  return priced.constants->matrix * flops / rate +
         priced.constants->exponential * scores / priced.machine->exp_per_clock.value;
}

double partial_tile_cycles(const PricedKernel& priced) {
  return priced.constants->partial_per_score * static_cast<double>(priced.work.q_tile) *
         static_cast<double>(priced.work.kv_tile);
}

core::Bytes compulsory_bytes(const patterns::Case& shape, const TileWork& work) {
  const double kv_heads = work.sequences * static_cast<double>(shape.kv_heads);
  const double keys = std::min(touched_keys(work), to_double(work.counts->pairs));
  return {kv_heads * keys * kv_row_bytes(shape, work) + q_and_o_bytes(shape, work)};
}

core::Seconds attention_seconds(const patterns::Case& shape, const PricedKernel& priced, Effect last) {
  const auto& counts = *priced.work.counts;
  const auto& machine = *priced.machine;
  const double full = full_tile_cycles(priced, shape);
  const double clock = (last >= Effect::kClock ? kernel_clock(priced, shape.regime) : machine.clock_burst.value).value;
  const double processors = machine.processors.value;

  if (last == Effect::kFlops) {
    const double scores = static_cast<double>(priced.work.q_tile) * static_cast<double>(priced.work.kv_tile);
    // The counts of a packed group hold the tokens once; its rows are tokens times heads.
    const double pairs = to_double(counts.pairs) * priced.work.sequences * static_cast<double>(shape.q_heads);
    return {pairs / scores * full / processors / clock};
  }
  if (last == Effect::kTiles) {
    return {to_double(counts.kv_tiles) * priced.work.heads * full / processors / clock};
  }
  const ItemCosts costs{priced.constants->item_cycles, full, full + partial_tile_cycles(priced)};
  const double cycles = last >= Effect::kSchedule
                            ? busy_cycles(priced, shape, costs, clock)
                            : total_cost(item_groups(priced, costs)) * priced.work.heads / processors;
  double seconds = cycles / clock;
  if (last >= Effect::kMemory) {
    const double memory = memory_seconds(shape, priced);
    seconds = std::max(seconds, memory) + priced.constants->exposed * std::min(seconds, memory);
  }
  if (last >= Effect::kSelection) seconds += reorder_seconds(shape, priced);
  if (last >= Effect::kSelection && copies_groups(shape, priced)) seconds += step_seconds(priced).value + copy_seconds(shape, priced);
  if (last >= Effect::kLaunch) seconds += priced.constants->call.value;
  return {seconds};
}

core::Seconds roof_seconds(const patterns::Case& shape, const PricedKernel& priced) {
  const double flops = 2.0 * to_double(priced.work.counts->pairs) * priced.work.sequences *
                       static_cast<double>(shape.q_heads) * static_cast<double>(shape.head_dim + shape.head_dim_v);
  // At the burst clock, which no kernel exceeds: a light kernel may run faster than the sustained clock of others.
  const double peak = priced.machine->matrix_peak(shape.dtype, patterns::Regime::kBurst).value();
  const auto& machine = *priced.machine;
  const double memory = transfer_seconds(compulsory_bytes(shape, priced.work).value, shape, machine, machine.cache_size.value.value);
  return {std::max(flops / peak, memory)};
}

Estimate estimate(const patterns::Case& shape, const PricedKernel& priced) {
  Estimate result;
  const auto roof = roof_seconds(shape, priced);
  const auto corrected = correct(shape, priced);
  result.correction = corrected.factor;
  result.time = std::max(attention_seconds(shape, priced, Effect::kClock) * corrected.factor, roof);
  const auto fitted = priced.constants->largest_fitted_head_dim;
  const bool beyond = fitted > 0 && std::max(shape.head_dim, shape.head_dim_v) > fitted;
  const double spread = beyond ? std::max(std::exp(corrected.width), 1.0 + kExtrapolatedError) : std::exp(corrected.width);
  result.low = std::max(result.time / spread, roof);
  result.high = result.time * spread;
  result.memory = {memory_seconds(shape, priced)};
  result.basis = beyond || corrected.outside ? core::weaker(core::Basis::kExtrapolated, priced.constants->from.basis)
                                             : priced.constants->from.basis;
  result.kernel = priced.kernel->name;
  return result;
}

}  // namespace spanwise::sim
