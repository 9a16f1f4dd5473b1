// SPDX-License-Identifier: Apache-2.0
#include "sim/split_rule.h"

#include <algorithm>
#include <cmath>

#include "core/int128.h"

namespace spanwise::sim {
namespace {

constexpr double kFullEnough = 0.8;
constexpr double kNearTheBest = 0.85;

// How full the waves of `items` are; 0 for a number of parts whose longest part is no shorter than with one part less.
double fullness(double items, double slots, std::int64_t blocks, std::int64_t parts) {
  if (parts > 1 && core::ceil_div(blocks, parts) == core::ceil_div(blocks, parts - 1)) return 0;
  const double waves = items * static_cast<double>(parts) / slots;
  return waves / std::ceil(waves);
}

}  // namespace

std::int64_t split_parts(double items, double slots, std::int64_t blocks, std::int64_t most) {
  if (items >= kFullEnough * slots) return 1;
  most = std::min({most, blocks, static_cast<std::int64_t>(slots)});
  double best = 0;
  for (std::int64_t parts = 1; parts <= most; ++parts) best = std::max(best, fullness(items, slots, blocks, parts));
  for (std::int64_t parts = 1; parts <= most; ++parts) {
    if (fullness(items, slots, blocks, parts) >= kNearTheBest * best) return parts;
  }
  return 1;
}

}  // namespace spanwise::sim
