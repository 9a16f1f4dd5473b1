// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_walk.h"

#include <fmt/core.h>

namespace spanwise::patterns {

// Moving a group of queries by whole periods of the rows, of the KV tiles and of the groups moves what it sees near itself
// by whole tiles. At both ends a period is left out, where a tile may hold keys that do not repeat, and so are queries in a
// KV tile that the end of the grid cuts.
Periods tile_periods(const KeySource& source, const TileGroups& line) {
  const std::int64_t tiles = line.groups * line.tiles;
  const Periods none{tiles, tiles, 1, 0};
  const auto repeat = source.repeat();
  if (!repeat) return none;
  const auto heads = static_cast<core::Count>(line.heads), rows = static_cast<core::Count>(line.rows);
  const core::Count keys = common_multiple(static_cast<core::Count>(repeat->period), static_cast<core::Count>(line.kv_step));
  const core::Count period_rows = common_multiple(core::saturating_multiply(keys, heads), rows);
  if (period_rows / heads > static_cast<core::Count>(line.queries / 3)) return none;
  const auto margin = static_cast<std::int64_t>(period_rows / heads);
  const std::int64_t low = std::max(line.first, repeat->inner.begin + margin) - line.first;
  const std::int64_t uncut = line.keys - line.keys % line.kv_step;
  const std::int64_t high = std::min({line.first + line.queries, repeat->inner.end - margin, uncut}) - line.first;
  if (high <= low) return none;
  const Interval inner{core::ceil_div(low * line.heads, line.rows), high * line.heads / line.rows};
  const Periods walk = periods_in({0, line.groups}, inner, static_cast<std::int64_t>(period_rows / rows));
  return {walk.begin * line.tiles, walk.end * line.tiles, walk.period * line.tiles, walk.times};
}

core::Status check_walk(const KeySource& source, const TileGroups& line, const Periods& walk, double steps_a_tile, bool keep_rows) {
  const core::Count tiles = static_cast<core::Count>(line.groups) * static_cast<core::Count>(line.tiles);
  const core::Count repeated = walk.times > 0 ? static_cast<core::Count>(walk.times - 2) * static_cast<core::Count>(walk.period) : 0;
  if ((keep_rows ? tiles : tiles - repeated) > kMaxTilesWalked) {
    return core::fail(core::Fault::kInput, fmt::format("more than {} query tiles along {} queries", kMaxTilesWalked, line.queries),
                      "take larger query tiles or a shorter sequence");
  }
  if (auto fine = check_row_fits(source.intervals_per_row()); !fine) return fine;
  return check_steps(steps_a_tile * core::to_double(tiles - repeated));
}

core::Status check_row_fits(double intervals) {
  constexpr double kMost = 5e7;  // about a gigabyte
  if (intervals <= kMost) return core::Done{};
  return core::fail(core::Fault::kInput, fmt::format("a row of this pattern has about {:.0e} runs of keys, which do not fit the memory", intervals),
                    "take a shorter sequence");
}

core::Status check_steps(double steps) {
  constexpr double kMaxSteps = 5e8;  // a step takes 5 to 10 ns on a server core of 2021
  if (steps <= kMaxSteps) return core::Done{};
  return core::fail(core::Fault::kInput, fmt::format("this count needs about {:.0e} steps, more than ten seconds' work", steps),
                    "take larger query tiles or a shorter sequence");
}

}  // namespace spanwise::patterns
