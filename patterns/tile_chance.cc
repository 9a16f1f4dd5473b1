// SPDX-License-Identifier: Apache-2.0
#include "patterns/tile_chance.h"

#include <algorithm>
#include <cmath>

#include "core/int128.h"

namespace spanwise::patterns {
namespace {

double misses(double units, double kept, std::int64_t touched) {
  double chance = 1;
  for (std::int64_t i = 0; i < touched && chance > 0; ++i) {
    const double left = units - static_cast<double>(i);
    chance *= left <= kept ? 0 : 1 - kept / left;
  }
  return chance;
}

// Units that a KV tile touches: one where tiles divide units, else their average over all places of the tile.
double units_in_tile(std::int64_t unit, std::int64_t kv_tile) {
  if (unit % kv_tile == 0) return 1;
  if (kv_tile % unit == 0) return static_cast<double>(kv_tile) / static_cast<double>(unit);
  return static_cast<double>(kv_tile + unit - 1) / static_cast<double>(unit);
}

// KV tiles that one unit reaches at most.
double tiles_of_unit(std::int64_t unit, std::int64_t kv_tile) {
  if (unit % kv_tile == 0) return static_cast<double>(unit / kv_tile);
  if (kv_tile % unit == 0) return 1;
  return static_cast<double>(core::ceil_div(unit, kv_tile) + 1);
}

struct Selections {
  std::int64_t rows = 1;  // different selections in the query tile
  double effective = 1;   // independent ones
};

Selections selections(const ChanceTile& tile, std::int64_t q_block, std::int64_t heads, double overlap) {
  const std::int64_t rows = (tile.queries.end - 1) / q_block - tile.queries.begin / q_block + 1;
  return {rows * heads, 1 + static_cast<double>(rows * heads - 1) * (1 - overlap)};
}

struct Units {
  std::int64_t size, q_block, heads;
  double visible, kept, spread, forced, overlap;
};

Chance of_units(const Units& units, const ChanceTile& tile) {
  const double free = std::max(units.visible - units.forced, 0.0);
  const double random = std::clamp(units.kept - units.forced, 0.0, free);
  const auto chosen = selections(tile, units.q_block, units.heads, units.overlap);
  const double touched = units_in_tile(units.size, tile.kv_tile);
  const auto empty = [&](double kept) {
    return std::pow(miss_chance(free, std::clamp(kept, 0.0, free), touched), chosen.effective);
  };
  Chance chance;
  // Two points at one spread have the mean and the spread of the distribution.
  const double spread = std::min({units.spread, random, free - random});
  chance.visited = 1 - (empty(random - spread) + empty(random + spread)) / 2;
  const double most = std::min(random + 3 * units.spread, free);
  chance.most = static_cast<double>(chosen.rows) * most * tiles_of_unit(units.size, tile.kv_tile);
  chance.density = free > 0 ? random / free : 0;
  chance.whole = chosen.rows == 1 && units.size % tile.kv_tile == 0;
  return chance;
}

double visible_units(bool causal, std::int64_t unit, const ChanceTile& tile) {
  return static_cast<double>(core::ceil_div(causal ? tile.queries.end : tile.tokens, unit));
}

Chance of(const Routed& p, const ChanceTile& tile) {
  const double visible = visible_units(p.causal, p.unit_size, tile);
  const double kept = std::min(visible, p.top_k ? static_cast<double>(*p.top_k) : std::max(1.0, *p.density * visible));
  const double forced = std::min({static_cast<double>(p.sinks) + static_cast<double>(p.local), kept, visible});
  const std::int64_t heads = p.shared_by == SharedBy::kHead ? tile.heads : 1;
  return of_units({p.unit_size, p.q_block, heads, visible, kept, p.spread, forced, p.overlap}, tile);
}

Chance of(const BlockMask& p, const ChanceTile& tile) {
  const std::int64_t missing = core::ceil_div(tile.tokens, p.q_block) - static_cast<std::int64_t>(p.row_blocks.size());
  const std::int64_t first = tile.queries.begin / p.q_block, last = (tile.queries.end - 1) / p.q_block;
  double total = 0;
  for (std::int64_t row = std::max(first, missing); row <= last; ++row) {
    total += static_cast<double>(p.row_blocks[static_cast<std::size_t>(row - missing)]);
  }
  const double kept = total / static_cast<double>(last - first + 1);
  return of_units({p.kv_block, p.q_block, 1, visible_units(p.causal, p.kv_block, tile), kept, 0, 0, 0}, tile);
}

Chance of(const Pyramid& p, const ChanceTile& tile) {
  const auto chosen = selections(tile, p.q_block, 1, 0);
  const double block = static_cast<double>(p.kv_block), kv_tile = static_cast<double>(tile.kv_tile);
  const double blocks_per_tile = kv_tile / block;
  Chance chance;
  for (const PyramidLevel& level : p.levels) {
    const double keys = block / static_cast<double>(level.pool);
    const double tiles = p.packed ? keys / kv_tile : std::ceil(keys / kv_tile);
    chance.visited += (1 - std::pow(1 - level.share, chosen.effective)) * tiles * blocks_per_tile;
    chance.density += level.share / static_cast<double>(level.pool);
  }
  chance.most = chance.visited * visible_units(p.causal, tile.kv_tile, tile);
  chance.whole = chosen.rows == 1;
  return chance;
}

// Columns and diagonals whose numbers alone are known lie at random places.
Chance of(const VerticalSlash& p, const ChanceTile& tile) {
  const auto unknown = [](const Places& places) { return places.listed() ? 0.0 : static_cast<double>(places.count); };
  const auto n = static_cast<double>(tile.tokens);
  const double columns = unknown(p.columns), diagonals = unknown(p.diagonals);
  const double width = static_cast<double>(tile.queries.size() + tile.kv_tile - 1);
  const double empty = miss_chance(n, columns, static_cast<double>(tile.kv_tile)) * miss_chance(n, diagonals, std::min(width, n));
  Chance chance;
  chance.visited = 1 - std::pow(empty, static_cast<double>(tile.heads));
  const double tiles_of_diagonal = std::ceil(static_cast<double>(tile.queries.size()) / static_cast<double>(tile.kv_tile)) + 1;
  chance.most = static_cast<double>(tile.heads) * (columns + diagonals * tiles_of_diagonal);
  chance.density = 1 - (1 - columns / n) * (1 - diagonals / n);
  return chance;
}

template <class Kind>
Chance of(const Kind&, const ChanceTile&) {
  return {};
}

}  // namespace

double miss_chance(double units, double kept, double touched) {
  const double low = std::floor(touched);
  const double share = touched - low;
  const double at_low = misses(units, kept, static_cast<std::int64_t>(low));
  return share == 0 ? at_low : (1 - share) * at_low + share * misses(units, kept, static_cast<std::int64_t>(low) + 1);
}

double chance_steps(const Pattern& pattern, const ChanceTile& tile) {
  const auto keys = static_cast<double>(tile.kv_tile);
  if (std::holds_alternative<VerticalSlash>(pattern)) return 2 * keys + static_cast<double>(tile.queries.size());
  if (const auto* routed = std::get_if<Routed>(&pattern)) return 10 + 4 * keys / static_cast<double>(routed->unit_size);
  if (const auto* mask = std::get_if<BlockMask>(&pattern)) {
    return 10 + 4 * keys / static_cast<double>(mask->kv_block) + static_cast<double>(tile.queries.size()) / static_cast<double>(mask->q_block);
  }
  return 10;
}

Chance chance_of(const Pattern& pattern, const ChanceTile& tile) {
  return std::visit([&](const auto& p) { return of(p, tile); }, pattern);
}

}  // namespace spanwise::patterns
