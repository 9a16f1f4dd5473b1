// SPDX-License-Identifier: Apache-2.0
// Counts at the limits: what is refused and why, and lines too long for any oracle, checked by arithmetic.
#include <doctest/doctest.h>

#include <string>

#include "patterns/tile_count.h"

using namespace spanwise;
using namespace spanwise::patterns;

namespace {

std::string refusal(const CountRequest& request) {
  const auto counts = count_tiles(request);
  if (counts) return "accepted";
  CHECK(counts.error().front().fault == core::Fault::kInput);
  return counts.error().front().message;
}

CountRequest line(std::int64_t tokens, Pattern pattern) {
  return {.tokens = {tokens}, .pattern = std::move(pattern), .q_tile = {128}, .kv_tile = {128}};
}

core::Count big(std::int64_t value) {
  return static_cast<core::Count>(value);
}

}  // namespace

TEST_CASE("a trillion tokens in a causal window with sinks") {
  const std::int64_t tokens = kMaxLength, window = 2048, sinks = 64;
  const auto counts = count_tiles(line(tokens, SlidingWindow{window, sinks, true}));
  REQUIRE(counts);
  const std::int64_t q_tiles = tokens / 128;
  CHECK(counts->q_tiles == big(q_tiles));
  // Query tile t >= 17 visits its own tile, 15 full ones before it, a partial one and the tile of the sinks.
  CHECK(counts->kv_tiles_max == 18);
  CHECK(counts->kv_tiles_min == 1);
  const std::int64_t head = 17 * 18 / 2;  // tiles 0 to 16 visit everything up to themselves
  CHECK(counts->kv_tiles == big(head + (q_tiles - 17) * 18));
  // Tile t >= 1 has one partial tile of its own; from 16 on another at the window's begin; from 17 on the
  // sinks.
  CHECK(*counts->partial_tiles == big(16 + 1 * 2 + (q_tiles - 17) * 3));
  // The first 2112 queries see everything up to themselves, the others 2112 keys.
  CHECK(counts->pairs == big(2112) * 2113 / 2 + big(tokens - 2112) * 2112);
}

TEST_CASE("a trillion tokens in wide, strided and dilated windows") {
  const std::int64_t n = kMaxLength;
  const auto half = count_tiles(line(n, Neighborhood{{n / 2}, {n / 8}, {1}, {false}}));
  REQUIRE(half);
  CHECK(half->pairs == big(n) * big(n / 2));
  CHECK(half->kv_tiles == big(n / 128) * big(n / 256));
  CHECK(half->block_sparse == true);

  CountRequest dilated = line(n, Neighborhood{{1024}, {1}, {n / 1024}, {false}});
  dilated.tiling = Tiling::kStatic;
  const auto classes = count_tiles(dilated);
  REQUIRE(classes);
  CHECK(classes->pairs == big(n) * 1024);
  CHECK(classes->q_tiles == big(n / 1024) * 8);
  CHECK(classes->kv_tiles == big(n / 1024) * 64);
}

TEST_CASE("dense counts are products") {
  CountRequest request = line(1 << 20, Dense{false});
  request.extra_kv_tokens = 100;
  const auto counts = count_tiles(request);
  REQUIRE(counts);
  CHECK(counts->kv_tiles == 8192 * 8193);
  CHECK(counts->rows == std::vector<TileRow>{{8192, 8193, 0}});
  const auto causal = count_tiles(line(1 << 20, Dense{true}));
  REQUIRE(causal);
  CHECK(causal->pairs == big(1 << 20) * ((1 << 20) + 1) / 2);
  CHECK(causal->kv_tiles == big(8192) * 8193 / 2);
  CHECK(*causal->partial_tiles == 8192);
}

TEST_CASE("decode: one token of eight heads fills one query tile") {
  CountRequest request = line(4096, SlidingWindow{1000, 4, true});
  request.q_tokens = {1};
  request.group_heads = 8;
  const auto counts = count_tiles(request);
  REQUIRE(counts);
  CHECK(counts->pairs == 1004);
  CHECK(counts->q_tiles == 1);
  CHECK(counts->kv_tiles == 9);  // keys 3096 to 4095 lie in tiles 24 to 31
  CHECK(*counts->full_tiles == 7);
}

TEST_CASE("requests that make no sense are refused") {
  const Neighborhood video{{4, 4, 4}, {1, 1, 1}, {1, 1, 1}, {false, false, false}};
  CountRequest good{.tokens = {8, 8, 8},
                    .pattern = video,
                    .q_tile = {2, 2, 2},
                    .kv_tile = {2, 2, 2},
                    .tiling = Tiling::kStatic};
  REQUIRE(refusal(good) == "accepted");
  CountRequest bad = good;
  bad.q_tile = {8};
  CHECK(refusal(bad) == "q_tile 8 has 1 axes, but the layout 8x8x8 has 3");
  bad.tiling = Tiling::kFlat;  // where the product counts
  CHECK(refusal(bad) == "accepted");
  bad = good;
  bad.tokens = {8, 8, 0};
  CHECK(refusal(bad) == "tokens 8x8x0 has a length below 1");
  bad.tokens = {};
  CHECK(refusal(bad) == "tokens has 0 axes");
  bad.tokens = {std::int64_t{1} << 30, std::int64_t{1} << 30, std::int64_t{1} << 30};
  CHECK(refusal(bad).find("has more than 1099511627776 tokens") != std::string::npos);
  bad = good;
  bad.tokens = {8, 8};
  bad.q_tile = bad.kv_tile = {2, 2};
  CHECK(refusal(bad).find("the neighborhood has 3 axes") != std::string::npos);
  bad = good;
  bad.group_heads = 4;
  CHECK(refusal(bad) == "group_heads needs flat tiling");
  bad.group_heads = 0;
  CHECK(refusal(bad) == "group_heads is 0");
  bad = good;
  bad.extra_kv_tokens = -1;
  CHECK(refusal(bad) == "extra_kv_tokens is -1");
  bad.extra_kv_tokens = kMaxLength;
  CHECK(refusal(bad).find("makes more than") != std::string::npos);
  bad = good;
  bad.q_tokens = {4, 4, 4};
  bad.q_offset = {0, 0, 5};
  CHECK(refusal(bad) == "the queries 4x4x4 at 0x0x5 lie outside the layout 8x8x8");
  bad.q_offset = {0, 0};
  CHECK(refusal(bad) == "q_offset 0x0 has 2 axes, but the layout 8x8x8 has 3");
  bad = good;
  bad.pattern = TokenSubset{.density = {}, .keep = {{0, 1}, 2}, .file = {}, .inner = part(Dense{}), .from = {}};
  CHECK(refusal(bad) == "the tokens that a token_subset gathers from 3 axes are a line and make no boxes");
  Routed routed;
  routed.top_k = 1;
  bad.pattern = routed;
  CHECK(refusal(bad) == "a distribution of units in flat order says nothing about boxes of tokens");
  bad.pattern = Dense{true};
  CHECK(refusal(bad) == "accepted");
  bad.tiling = Tiling::kFlat;
  CHECK(refusal(bad) == "accepted");
  bad.q_tokens = {8, 8, 4};
  CHECK(refusal(bad).find("needs consecutive queries") != std::string::npos);
  bad = good;
  std::get<Neighborhood>(bad.pattern).stride = {1, 5, 1};
  CHECK(refusal(bad) == "axis 2: window 4, stride 5, dilation 1");
  CHECK(refusal(line(100, SlidingWindow{0, 0, true})) ==
        "a sliding window of 0 with 0 sinks is out of range");
}

TEST_CASE("counts that would take too long or too much memory are refused") {
  CHECK(refusal(line(kMaxLength, Dense{true})).find("different query tiles") != std::string::npos);
  CountRequest cube{.tokens = {8192, 8192, 8192},
                    .pattern = Neighborhood{{4096, 4096, 4096}, {1, 1, 1}, {1, 1, 1}, {false, false, false}},
                    .q_tile = {128},
                    .kv_tile = {128}};
  CHECK(refusal(cube).find("more than 1048576 query tiles") != std::string::npos);
  cube.histogram = false;
  cube.q_tile = {1 << 20};
  CHECK(refusal(cube).find("steps, more than ten seconds' work") != std::string::npos);
  cube.histogram = true;
  cube.tiling = Tiling::kStatic;
  cube.q_tile = cube.kv_tile = {2, 8, 8};
  CHECK(refusal(cube) == "accepted");
  std::get<Neighborhood>(cube.pattern).causal = {true, true, true};
  CHECK(refusal(cube).find("the axes combine to more than") != std::string::npos);
  CountRequest keys = line(kMaxLength, Strided{1, 1, 2, 0, false});
  keys.q_tile = {kMaxLength / 4};
  CHECK(refusal(keys).find("runs of keys, which do not fit the memory") != std::string::npos);
}

TEST_CASE("expected pairs of a trillion tokens do not overflow") {
  Pyramid pyramid;
  pyramid.q_block = pyramid.kv_block = std::int64_t{1} << 30;
  pyramid.levels = {{1, 0.5}};
  CountRequest request = line(kMaxLength, pyramid);
  request.q_tile = request.kv_tile = {std::int64_t{1} << 30};
  const auto counts = count_tiles(request);
  REQUIRE(counts);
  CHECK(core::to_double(counts->pairs) == doctest::Approx(0x1p79));
}

TEST_CASE("rows that repeat are counted by their periods") {
  // S2-Attention over 16M tokens, and two heads of it with a window: what 64k tokens have, period by period.
  const Pattern strided = Strided{64, 16, 16, 3, true};
  const Pattern heads = Union{{part(strided), part(Strided{64, 16, 16, 7, true}), part(SlidingWindow{1024, 64, true})}};
  for (const auto& pattern : {strided, heads}) {
    const auto at = [&](std::int64_t tokens) {
      CountRequest request = line(tokens, pattern);
      request.histogram = false;
      const auto counts = count_tiles(request);
      REQUIRE(counts);
      return *counts;
    };
    // Totals are quadratic in the number of periods, so that third differences vanish.
    const auto third_difference = [&](auto field) {
      const std::int64_t step = std::int64_t{1} << 22;
      return field(at(4 * step)) - 3 * field(at(3 * step)) + 3 * field(at(2 * step)) - field(at(step));
    };
    CHECK(third_difference([](const TileCounts& c) { return c.pairs; }) == 0);
    CHECK(third_difference([](const TileCounts& c) { return c.kv_tiles; }) == 0);
    CHECK(third_difference([](const TileCounts& c) { return *c.full_tiles; }) == 0);
  }
}
