// SPDX-License-Identifier: Apache-2.0
// A query tile visits what is certain (forced units, listed parts of a union) and each other visible tile with the
// chance that at least one of the selections in it hits the tile.
#include "patterns/expected_count.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "patterns/interval_rule.h"
#include "patterns/pair_count.h"
#include "patterns/request_check.h"
#include "patterns/source_tiles.h"
#include "patterns/span_tiles.h"
#include "patterns/tile_chance.h"
#include "patterns/tile_histogram.h"
#include "patterns/tile_walk.h"

namespace spanwise::patterns {
namespace {

using core::ceil_div;
using core::Count;

// A pattern taken apart.
struct Parts {
  std::vector<Pattern> certain;
  std::vector<Pattern> random;
  bool causal = true;  // of all random parts: which keys they may reach
};

core::Status take_apart(const Pattern& pattern, std::int64_t tokens, Parts& parts);

core::Status take_apart(const Union& all, std::int64_t tokens, Parts& parts) {
  for (const auto& part : all.parts) {
    if (auto fine = take_apart(part.node().value, tokens, parts); !fine) return fine;
  }
  return core::Done{};
}

// The forced units of each row of selections.
Selection forced_units(const Routed& routed, std::int64_t tokens) {
  UnitRows rows;
  const std::int64_t units = ceil_div(tokens, routed.unit_size);
  for (std::int64_t begin = 0; begin < tokens; begin += routed.q_block) {
    const std::int64_t own = (std::min(begin + routed.q_block, tokens) - 1) / routed.unit_size;
    const std::int64_t sinks = std::min(routed.sinks, routed.causal ? own + 1 : units);
    for (std::int64_t unit = 0; unit < sinks; ++unit) rows.units.push_back(unit);
    const std::int64_t end = routed.local == 0 ? 0 : std::min(units, routed.causal ? own + 1 : own + routed.local);
    for (std::int64_t unit = std::max(sinks, own - routed.local + 1); unit < end; ++unit) rows.units.push_back(unit);
    rows.first.push_back(rows.units.size());
  }
  return {std::make_shared<const UnitRows>(std::move(rows)), {}};
}

// Forced units are certain. Where blocks of queries divide units they are a window of whole blocks, which needs no list.
core::Status add_forced(const Routed& routed, std::int64_t tokens, Parts& parts) {
  if (routed.sinks == 0 && routed.local == 0) return core::Done{};
  if (routed.local > 0 && routed.causal && routed.unit_size % routed.q_block == 0) {
    const auto whole = [&](std::int64_t units) { return std::min(units, kMaxLength / routed.unit_size) * routed.unit_size; };
    parts.certain.emplace_back(SlidingWindow{whole(routed.local), whole(routed.sinks), true, routed.unit_size});
    return core::Done{};
  }
  constexpr double kMostUnits = 1e8;
  const double rows = static_cast<double>(ceil_div(tokens, routed.q_block));
  const double units = std::min(static_cast<double>(routed.sinks) + 2 * static_cast<double>(routed.local),
                                static_cast<double>(ceil_div(tokens, routed.unit_size)));
  if (rows * units > kMostUnits) {
    return core::fail(core::Fault::kInput, fmt::format("the forced units of {:.0e} rows do not fit the memory", rows),
                      "take larger blocks of queries or fewer forced units");
  }
  BlockMask mask;
  mask.q_block = routed.q_block;
  mask.kv_block = routed.unit_size;
  mask.causal = routed.causal;
  mask.selection = forced_units(routed, tokens);
  parts.certain.emplace_back(std::move(mask));
  return core::Done{};
}

core::Status take_apart(const Pattern& pattern, std::int64_t tokens, Parts& parts) {
  if (check_determined(pattern)) {
    parts.certain.push_back(pattern);
    return core::Done{};
  }
  if (const auto* all = std::get_if<Union>(&pattern)) return take_apart(*all, tokens, parts);
  if (const auto* routed = std::get_if<Routed>(&pattern)) {
    if (auto fine = add_forced(*routed, tokens, parts); !fine) return fine;
  }
  if (const auto* slash = std::get_if<VerticalSlash>(&pattern)) {
    VerticalSlash listed = *slash;
    if (!listed.columns.listed()) listed.columns = {};
    if (!listed.diagonals.listed()) listed.diagonals = {};
    if (listed.columns.count + listed.diagonals.count > 0) parts.certain.emplace_back(std::move(listed));
  }
  const bool gathers = std::holds_alternative<TokenSubset>(pattern) || std::holds_alternative<Permuted>(pattern);
  if (gathers || std::holds_alternative<Reuse>(pattern)) return check_determined(pattern);
  parts.random.push_back(pattern);
  parts.causal = parts.causal && is_causal(pattern);
  return core::Done{};
}

class ExpectedCounter {
 public:
  ExpectedCounter(const CountRequest& request, Parts parts, std::shared_ptr<const KeySource> certain)
      : request_(request),
        parts_(std::move(parts)),
        certain_(std::move(certain)),
        keys_{volume(request.tokens), request.extra_kv_tokens},
        q_tile_(volume(request.q_tile)),
        kv_tile_(volume(request.kv_tile)),
        heads_(request.group_heads) {
    first_ = keys_.grid_keys - volume(query_box(request));
    queries_ = volume(query_box(request));
  }

  TileCounts count() {
    const std::int64_t rows = queries_ * heads_;
    for (std::int64_t begin = 0; begin < rows; begin += q_tile_) {
      const std::int64_t end = std::min(begin + q_tile_, rows);
      add_tile({first_ + begin / heads_, first_ + (end - 1) / heads_ + 1});
    }
    return finish();
  }

 private:
  void add_tile(Interval queries) {
    TileKeys keys;
    if (certain_ != nullptr) certain_->look(queries, keys);
    const std::int64_t reach = parts_.causal ? queries.end : keys_.grid_keys;
    const double visible = static_cast<double>(ceil_div(reach, kv_tile_));
    const double sure = static_cast<double>(tiles_touched(keys.any, kv_tile_));
    const double sure_full = static_cast<double>(tiles_within(keys.all, kv_tile_, keys_.grid_keys));
    double hidden = 1, most = 0, unseen = 1;
    bool whole = true;
    for (const auto& part : parts_.random) {
      const Chance chance = chance_of(part, {queries, keys_.grid_keys, kv_tile_, heads_});
      hidden = parts_.random.size() == 1 ? 1 - chance.visited : hidden * std::max(0.0, 1 - chance.visited);
      unseen *= 1 - chance.density;
      most += chance.most;
      whole = whole && chance.whole;
    }
    const double open = std::max(0.0, visible - sure);
    const double hit = open * (1 - hidden);
    // Tiles with keys after the first query are cut by causality.
    const double cut = parts_.causal ? visible - static_cast<double>((queries.begin + 1) / kv_tile_) : 0;
    const double hit_full = whole ? std::max(0.0, open - cut) * (1 - hidden) : 0;
    add_row(sure + hit, sure_full + std::min(hit_full, hit));
    open_ += open;
    empty_ += open * std::max(0.0, hidden);
    const double bound = std::min(std::max(visible, hit), most) + sure;
    worst_ += bound;
    heaviest_ = std::max(heaviest_, bound);
    const double certain = certain_ != nullptr ? core::to_double(certain_->pairs(queries)) : 0;
    const IntervalRule all{{keys_.grid_keys, keys_.grid_keys, 1, parts_.causal}, 0, !parts_.causal};
    pairs_ += certain + (core::to_double(visible_pairs(all, queries)) - certain) * (1 - unseen);
  }

  // Rows are whole tiles: what is rounded off one is carried to the next.
  void add_row(double visited, double full) {
    const double whole_visited = std::floor(visited + carry_visited_ + kRounding);
    carry_visited_ += visited - whole_visited;
    const double whole_full = std::clamp(std::floor(full + carry_full_ + kRounding), 0.0, whole_visited);
    carry_full_ += full - whole_full;
    rows_.add(1, static_cast<std::uint64_t>(std::max(0.0, whole_visited)), static_cast<std::uint64_t>(whole_full));
  }

  TileCounts finish() {
    const auto extra_kv = static_cast<std::uint64_t>(ceil_div(request_.extra_kv_tokens, kv_tile_));
    const auto extra_q = static_cast<std::uint64_t>(ceil_div(request_.extra_q_tokens * heads_, q_tile_));
    const auto all = static_cast<std::uint64_t>(ceil_div(keys_.grid_keys, kv_tile_)) + extra_kv;
    rows_.shift(extra_kv, extra_kv);
    if (extra_q > 0) rows_.add(extra_q, all, all);
    rows_.sort();
    TileCounts counts;
    const auto extra_queries = static_cast<Count>(request_.extra_q_tokens);
    counts.pairs = static_cast<Count>(std::max(0.0, pairs_) + 0.5) + static_cast<Count>(queries_) * static_cast<Count>(keys_.extra_keys) +
                   extra_queries * static_cast<Count>(keys_.keys());
    counts.dense_pairs = (static_cast<Count>(queries_) + extra_queries) * static_cast<Count>(keys_.keys());
    counts.dense_kv_tiles = all;
    fill_counts(rows_, true, counts);
    counts.q_tiles_launched = counts.q_tiles;
    counts.kernel_kv_tiles = counts.kv_tiles;
    counts.kv_tiles_max = std::max(counts.kv_tiles_max, static_cast<Count>(std::ceil(heaviest_ - kRounding)) + extra_kv);
    counts.kv_tiles_worst = static_cast<Count>(std::ceil(worst_ - kRounding)) +
                            counts.q_tiles * extra_kv + static_cast<Count>(extra_q) * (all - extra_kv);
    counts.empty_chance = open_ > 0 ? empty_ / open_ : 0;
    counts.stated = stated_of(request_.pattern);
    return counts;
  }

  static constexpr double kRounding = 1e-9;

  const CountRequest& request_;
  Parts parts_;
  std::shared_ptr<const KeySource> certain_;
  KeyLine keys_;
  std::int64_t q_tile_, kv_tile_, heads_, first_ = 0, queries_ = 0;
  AxisCounts rows_;
  double pairs_ = 0, open_ = 0, empty_ = 0, worst_ = 0, heaviest_ = 0, carry_visited_ = 0, carry_full_ = 0;
};

}  // namespace

core::Result<TileCounts> count_expected(const CountRequest& request) {
  if (request.tiling == Tiling::kDynamic) {
    return core::fail(core::Fault::kInput, "a distribution says nothing about the runs of keys that dynamic tiling cuts",
                      "use flat or static tiling, or give a list");
  }
  if (request.tiling == Tiling::kStatic && request.tokens.size() > 1) {
    return core::fail(core::Fault::kInput, "a distribution of units in flat order says nothing about boxes of tokens",
                      "use flat tiling, or give a list; where the units are boxes, tiles of the permuted order are flat");
  }
  Parts parts;
  if (auto fine = take_apart(request.pattern, volume(request.tokens), parts); !fine) return fine.error();
  const auto q_tiles = static_cast<std::uint64_t>(ceil_div(volume(query_box(request)) * request.group_heads, volume(request.q_tile)));
  if (q_tiles > kMaxTilesWalked) {
    return core::fail(core::Fault::kInput, fmt::format("more than {} query tiles", kMaxTilesWalked),
                      "take larger query tiles or a shorter sequence");
  }
  std::shared_ptr<const KeySource> certain;
  if (!parts.certain.empty()) {
    Union all;
    for (auto& pattern : parts.certain) all.parts.push_back(part(std::move(pattern)));
    auto source = key_source(all, request.tokens);
    if (!source) return source.error();
    certain = std::move(*source);
  }
  const std::int64_t queries = std::min(volume(request.q_tile) / request.group_heads + 2, volume(query_box(request)));
  double steps = 10;
  for (const auto& part : parts.random) steps += chance_steps(part, {{0, queries}, volume(request.tokens), volume(request.kv_tile), 1});
  if (certain != nullptr) {
    if (auto fine = check_row_fits(certain->intervals_per_row()); !fine) return fine.error();
    steps += certain->tile_steps(queries) + certain->pair_steps({0, queries});
  }
  if (auto fine = check_steps(steps * static_cast<double>(q_tiles)); !fine) return fine.error();
  return ExpectedCounter(request, std::move(parts), std::move(certain)).count();
}

}  // namespace spanwise::patterns
