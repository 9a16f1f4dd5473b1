// SPDX-License-Identifier: Apache-2.0
#include "sim/split_rule.h"

#include <algorithm>
#include <cmath>

#include "core/int128.h"

namespace spanwise::sim {
namespace {

constexpr double kFullEnough = 0.8;
constexpr double kNearTheBest = 0.85;
constexpr std::int64_t kMostParts = 128;
constexpr std::int64_t kNeverCut = 4;   // tiles
constexpr double kMoreThanAShare = 1.1;

double fullness(double items, double slots, std::int64_t parts) {
  const double waves = items * static_cast<double>(parts) / slots;
  return waves / std::ceil(waves);
}

// The fewest parts near the best; `counts(parts)` says which numbers of parts come into question.
template <typename Counts>
std::int64_t fewest_full(double items, double slots, std::int64_t blocks, Counts counts) {
  if (items >= kFullEnough * slots) return 1;
  const auto most = std::min({kMostParts, blocks, static_cast<std::int64_t>(slots)});
  double best = 0;
  for (std::int64_t parts = 1; parts <= most; ++parts) {
    if (counts(parts)) best = std::max(best, fullness(items, slots, parts));
  }
  for (std::int64_t parts = 1; parts <= most; ++parts) {
    if (counts(parts) && fullness(items, slots, parts) >= kNearTheBest * best) return parts;
  }
  return 1;
}

}  // namespace

std::int64_t fullest_waves(double items, double slots, std::int64_t blocks) {
  // No parts whose longest is no shorter than with one part less.
  return fewest_full(items, slots, blocks, [&](std::int64_t parts) {
    return parts == 1 || core::ceil_div(blocks, parts) != core::ceil_div(blocks, parts - 1);
  });
}

std::int64_t even_shares(double items, double slots, std::int64_t blocks) {
  if (blocks <= kNeverCut) return 1;
  const auto most = fewest_full(items, slots, blocks, [](std::int64_t) { return true; });
  const auto share = static_cast<std::int64_t>(std::ceil(kMoreThanAShare * items * static_cast<double>(blocks) / slots));
  return std::clamp<std::int64_t>(core::ceil_div(blocks, share), 1, most);
}

bool copies_groups(const patterns::Case& shape, const PricedKernel& priced) {
  return priced.kernel->swaps_groups && priced.work.packed && priced.work.sequences > 1 && shape.kv_heads > 1;
}

std::int64_t dense_parts(const patterns::Case& shape, const PricedKernel& priced) {
  const auto& kernel = *priced.kernel;
  const auto& work = priced.work;
  if (!kernel.split_kv || (kernel.swaps_groups && !work.packed)) return 1;
  const double group = work.packed ? static_cast<double>(shape.q_heads) / static_cast<double>(shape.kv_heads) : 1.0;
  const double items = work.heads * std::ceil(static_cast<double>(shape.q_len) * group / static_cast<double>(work.q_tile));
  const double slots = priced.machine->processors.value * static_cast<double>(kernel.split_slots);
  const auto blocks = core::ceil_div(shape.kv_len, work.kv_tile);
  return kernel.split_rule == hwmodels::SplitRule::kEvenShares ? even_shares(items, slots, blocks) : fullest_waves(items, slots, blocks);
}

}  // namespace spanwise::sim
