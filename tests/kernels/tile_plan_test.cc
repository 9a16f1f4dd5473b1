// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/tile_plan.h"

#include <doctest/doctest.h>

#include <set>

#include "kernel_harness.h"
#include "tests/patterns/random_cases.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using namespace spanwise::kernels::testing;

// Every pair that the plan lets through, and only once, against the brute-force mask.
void check_pairs(const patterns::Case& shape, const TilePlan& plan) {
  const auto mask = oracle::mask_of(shape);
  REQUIRE(plan.lists.size() == plan.tiles.size());
  for (std::size_t tile = 0; tile < plan.tiles.size(); ++tile) {
    const auto& place = plan.tiles[tile];
    for (std::int64_t row = 0; row < place.tokens * plan.group; ++row) {
      std::set<std::int64_t> seen;
      std::int64_t visible = 0;
      for (const auto visit : plan.visits_of(tile)) {
        const auto word =
            visit.mask == TileVisit::kFull
                ? ~std::uint64_t{0}
                : plan.masks[static_cast<std::size_t>(visit.mask)][static_cast<std::size_t>(row)];
        for (std::int64_t j = 0; j < 64 * visit.tiles; ++j) {
          if ((word >> j % 64 & 1) == 0) continue;
          const std::int64_t key = visit.is_gathered() ? plan.gathered[static_cast<std::size_t>(~visit.kv_tile)][static_cast<std::size_t>(j)]
                                                       : std::int64_t{visit.kv_tile} * 64 + j;
          REQUIRE(key < shape.kv_len);
          REQUIRE(seen.insert(key).second);
          REQUIRE(mask.sees(place.first_token + row / plan.group, key));
        }
      }
      for (std::int64_t key = 0; key < shape.kv_len; ++key) {
        visible += mask.sees(place.first_token + row / plan.group, key) ? 1 : 0;
      }
      REQUIRE(static_cast<std::int64_t>(seen.size()) == visible);
    }
  }
}

TEST_CASE("plans let exactly the visible pairs through") {
  for (std::uint64_t index = 0; index < 200; ++index) {
    auto shape = oracle::random_case(oracle::test_seed() + 400, index);
    shape.q_heads = oracle::Dice(1, index).roll(1, 6);
    CAPTURE(patterns::to_json(shape));
    check_pairs(shape, plan_of(shape));
  }
}

TEST_CASE("equal masks are stored once") {
  const auto causal = plan_of(fp32_case(patterns::Dense{true}, 4096, 4096, 64));
  CHECK(causal.full_tiles == 64 * 63 / 2);
  CHECK(causal.partial_tiles == 64);
  CHECK(causal.masks.size() == 1);
  const auto window = plan_of(fp32_case(patterns::SlidingWindow{100, 0, true}, 4096, 4096, 64));
  CHECK(window.masks.size() < 8);
}

TEST_CASE("a dense row of keys that fills its tiles needs no mask") {
  CHECK(plan_of(fp32_case(patterns::Dense{false}, 128, 640, 64)).masks.empty());
  CHECK(plan_of(fp32_case(patterns::Dense{false}, 128, 650, 64)).masks.size() == 1);
}

TEST_CASE("heads of a group share a tile when their queries fit") {
  auto shape = fp32_case(patterns::Dense{true}, 1, 1000, 64);
  shape.q_heads = 32;
  shape.kv_heads = 4;
  CHECK(packed_group(shape) == 8);
  shape.q_len = 8;
  CHECK(packed_group(shape) == 8);
  shape.q_len = 9;
  CHECK(packed_group(shape) == 1);
  shape.q_len = 1;
  shape.q_heads = 4 * 65;
  CHECK(packed_group(shape) == 1);
}

TEST_CASE("some tiles only: rows follow each other") {
  const std::vector<std::int64_t> tiles = {1, 15};
  const auto plan = plan_of(fp32_case(patterns::Dense{true}, 1000, 1000, 64), tiles);
  REQUIRE(plan.tiles.size() == 2);
  CHECK(plan.tiles[0].first_token == 64);
  CHECK(plan.tiles[0].first_row == 0);
  CHECK(plan.tiles[1].first_token == 960);
  CHECK(plan.tiles[1].first_row == 64);
  CHECK(plan.tiles[1].tokens == 40);
  CHECK(plan.rows == 104);
}

TEST_CASE("lists of windows and neighborhoods do not grow with the length") {
  const auto grid = [](std::int64_t rows, std::int64_t columns) {
    auto shape = fp32_case(patterns::Neighborhood{{9, 17}, {1, 1}, {1, 1}, {false, false}}, rows * columns, rows * columns, 64);
    shape.tokens = {rows, columns};
    return shape;
  };
  const auto window = [](std::int64_t length, std::int64_t sinks) {
    return fp32_case(patterns::SlidingWindow{200, sinks, true}, length, length, 64);
  };
  const auto bytes = [](const patterns::Case& shape) { return plan_of(shape).bytes(); };
  CHECK(bytes(window(1 << 20, 0)) == bytes(window(4096, 0)));
  CHECK(bytes(window(1 << 20, 4)) == bytes(window(4096, 4)));
  CHECK(bytes(window(1 << 20, 100)) == bytes(window(4096, 100)));
  CHECK(bytes(grid(1024, 96)) == bytes(grid(64, 96)));
  CHECK(bytes(fp32_case(patterns::Dense{false}, 1 << 16, 1 << 16, 64)) == sizeof(TileVisit));
}

TEST_CASE("a plan that exceeds its memory is refused") {
  const auto shape = fp32_case(patterns::Dense{true}, 64 * 100, 64 * 100, 64);
  const auto needed = (2 * 100 - 1) * sizeof(TileVisit) + sizeof(TileMask);  // no full tile in the first row
  core::ThreadPool pool(1);
  CHECK(plan_tiles(shape, {}, needed, pool));
  CHECK_FALSE(plan_tiles(shape, {}, needed - 1, pool));
}

}  // namespace
