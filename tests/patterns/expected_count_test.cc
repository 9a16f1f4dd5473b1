// SPDX-License-Identifier: Apache-2.0
// Counts from a distribution: against selections drawn many times and counted exactly, and against sums by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "patterns/tile_chance.h"
#include "patterns/tile_count.h"
#include "random_cases.h"

namespace spanwise::patterns {
namespace {

CountRequest request(Pattern pattern, std::int64_t tokens, std::int64_t q_tile, std::int64_t kv_tile) {
  CountRequest request;
  request.tokens = {tokens};
  request.pattern = std::move(pattern);
  request.q_tile = {q_tile};
  request.kv_tile = {kv_tile};
  return request;
}

double visited(const CountRequest& request) {
  const auto counts = count_tiles(request);
  REQUIRE(counts);
  return core::to_double(counts->kv_tiles);
}

// A block mask whose rows keep the first `sinks` and the last `local` of the visible units and as many others, drawn one
// by one, as make `kept`.
BlockMask drawn(oracle::Dice& dice, const Routed& routed, std::int64_t tokens) {
  UnitRows rows;
  for (std::int64_t begin = 0; begin < tokens; begin += routed.q_block) {
    const std::int64_t end = routed.causal ? std::min(begin + routed.q_block, tokens) : tokens;
    const std::int64_t visible = (end + routed.unit_size - 1) / routed.unit_size;
    std::set<std::int64_t> chosen;
    for (std::int64_t unit = 0; unit < std::min(routed.sinks, visible); ++unit) chosen.insert(unit);
    for (std::int64_t unit = 0; unit < std::min(routed.local, visible); ++unit) chosen.insert(visible - 1 - unit);
    while (static_cast<std::int64_t>(chosen.size()) < std::min(*routed.top_k, visible)) chosen.insert(dice.roll(0, visible - 1));
    rows.units.insert(rows.units.end(), chosen.begin(), chosen.end());
    rows.first.push_back(rows.units.size());
  }
  BlockMask mask;
  mask.q_block = routed.q_block;
  mask.kv_block = routed.unit_size;
  mask.causal = routed.causal;
  mask.selection = Selection{std::make_shared<const UnitRows>(std::move(rows)), {}};
  return mask;
}

TEST_CASE("expected tiles are the mean over drawn selections") {
  struct Setting {
    std::int64_t unit, q_block, top_k, q_tile, kv_tile;
    bool causal;
    std::int64_t sinks, local;
  };
  // One selection a tile and several; scattered tokens; units below, at and above the tile; forced units.
  const Setting settings[] = {{64, 128, 8, 128, 64, false, 0, 0}, {64, 32, 4, 128, 64, false, 0, 0},
                              {1, 64, 40, 64, 64, false, 0, 0},   {16, 64, 12, 64, 64, true, 0, 0},
                              {128, 128, 3, 128, 64, false, 0, 0}, {32, 128, 9, 128, 128, true, 1, 4}};
  for (const auto& s : settings) {
    CAPTURE(s.unit);
    CAPTURE(s.q_block);
    Routed routed;
    routed.unit_size = s.unit;
    routed.q_block = s.q_block;
    routed.top_k = s.top_k;
    routed.causal = s.causal;
    routed.sinks = s.sinks;
    routed.local = s.local;
    constexpr std::int64_t kTokens = 2048;
    const auto expected = request(routed, kTokens, s.q_tile, s.kv_tile);
    const auto counts = count_tiles(expected);
    REQUIRE(counts);
    double mean = 0, pairs = 0, heaviest = 0, all = 0;
    constexpr int kDraws = 200;
    oracle::Dice dice(oracle::test_seed(), static_cast<std::uint64_t>(s.unit * 1000 + s.q_block));
    for (int draw = 0; draw < kDraws; ++draw) {
      const auto one = count_tiles(request(drawn(dice, routed, kTokens), kTokens, s.q_tile, s.kv_tile));
      REQUIRE(one);
      mean += core::to_double(one->kv_tiles) / kDraws;
      pairs += core::to_double(one->pairs) / kDraws;
      heaviest = std::max(heaviest, core::to_double(one->kv_tiles_max));
      all = std::max(all, core::to_double(one->kv_tiles));
    }
    // Early causal rows have fewer units than the tile that the model spreads them over.
    CHECK(core::to_double(counts->kv_tiles) == doctest::Approx(mean).epsilon(s.causal ? 0.03 : 0.01));
    CHECK(core::to_double(counts->pairs) == doctest::Approx(pairs).epsilon(s.causal ? 0.03 : 0.01));
    CHECK(core::to_double(counts->kv_tiles_max) >= heaviest);
    CHECK(core::to_double(*counts->kv_tiles_worst) >= all);
    REQUIRE(counts->stated);
    CHECK(counts->stated->basis == core::Basis::kAssumed);
  }
}

TEST_CASE("the chance that a tile of scattered tokens is empty") {
  // 2 of 10 units, a tile of 3: C(7, 2) / C(10, 2) ... by the other way round, (8 7 6) / (10 9 8).
  CHECK(miss_chance(10, 2, 3) == doctest::Approx(8.0 * 7 * 6 / (10 * 9 * 8)));
  CHECK(miss_chance(10, 8, 3) == 0);
  CHECK(miss_chance(10, 0, 3) == 1);
  CHECK(miss_chance(10, 2, 1.5) == doctest::Approx((0.8 + 0.8 * 7 / 9) / 2));
  Routed routed;
  routed.unit = Unit::kToken;
  routed.q_block = 64;
  routed.top_k = 64;
  const auto counts = count_tiles(request(routed, 4096, 64, 64));
  REQUIRE(counts);
  CHECK(*counts->empty_chance == doctest::Approx(miss_chance(4096, 64, 64)));
}

TEST_CASE("heads with selections of their own visit the union, shared ones do not") {
  Routed routed;
  routed.unit_size = 64;
  routed.q_block = 16;
  routed.top_k = 4;
  auto shared = request(routed, 4096, 64, 64);
  shared.group_heads = 4;  // 16 tokens of 4 heads: one row of selections
  CHECK(visited(shared) == 256 * 4);
  routed.shared_by = SharedBy::kHead;
  auto apart = shared;
  apart.pattern = routed;
  CHECK(visited(apart) == doctest::Approx(256 * 64 * (1 - std::pow(60.0 / 64, 4))).epsilon(1e-3));
  // Neighbouring selections that are all alike count once.
  routed.overlap = 1;
  apart.pattern = routed;
  CHECK(visited(apart) == 256 * 4);
}

TEST_CASE("row counts, pyramids and numbers of columns") {
  BlockMask mask;
  mask.q_block = mask.kv_block = 64;
  mask.row_blocks = {1, 2, 3, 4};
  CHECK(visited(request(mask, 256, 64, 64)) == 10);
  // Levels 1, 2 and 8 with shares 0.10, 0.05 and 0.20: density 0.10 + 0.05 / 2 + 0.20 / 8 = 0.15 (PSA).
  Pyramid pyramid{128, 64, {{1, 0.10}, {2, 0.05}, {8, 0.20}}, true, false, {}};
  const auto counts = count_tiles(request(pyramid, 8192, 128, 32));
  REQUIRE(counts);
  CHECK(1 / counts->flop_speedup() == doctest::Approx(0.15).epsilon(1e-6));
  CHECK(1 / counts->tile_speedup() == doctest::Approx(0.15).epsilon(1e-3));
  // Unpacked, the 8 keys of a pooled block take a tile of 32: 0.10 * 2 + 0.05 * 1 + 0.20 * 1 tiles of 2.
  pyramid.packed = false;
  CHECK(visited(request(pyramid, 8192, 128, 32)) == doctest::Approx(64 * 128 * 0.45).epsilon(1e-3));
  VerticalSlash slash;
  slash.causal = false;
  slash.columns.count = 100;
  CHECK(visited(request(slash, 4096, 64, 64)) == doctest::Approx(64 * 64 * (1 - miss_chance(4096, 100, 64))).epsilon(1e-3));
}

TEST_CASE("branches of NSA: what is certain counts once") {
  Routed routed;
  routed.unit_size = routed.q_block = 64;
  routed.top_k = 16;
  routed.causal = true;
  const SlidingWindow window{512, 0, true};
  const double alone = visited(request(routed, 32768, 64, 64)), certain = visited(request(window, 32768, 64, 64));
  const double both = visited(request(Union{{part(routed), part(window)}}, 32768, 64, 64));
  CHECK(both > alone);
  CHECK(both > certain);
  CHECK(both < alone + certain);
}

TEST_CASE("what a distribution cannot say is refused") {
  Routed routed;
  routed.unit_size = 64;
  routed.top_k = 4;
  auto dynamic = request(routed, 4096, 64, 64);
  dynamic.tiling = Tiling::kDynamic;
  CHECK_FALSE(count_tiles(dynamic));
  CHECK_FALSE(count_tiles(request(Union{{part(Reuse{1, {}}), part(routed)}}, 4096, 64, 64)));
}

}  // namespace
}  // namespace spanwise::patterns
