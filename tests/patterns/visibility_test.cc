// SPDX-License-Identifier: Apache-2.0
// Masks and lists against the oracle: every pair of every random case.
#include "patterns/visibility.h"

#include <doctest/doctest.h>

#include "brute_force.h"
#include "describe.h"
#include "patterns/tile_list.h"
#include "random_cases.h"
#include "tests/support/sanitized.h"

using namespace spanwise;

namespace {

void check_masks(const patterns::Case& shape, const oracle::Mask& mask) {
  const patterns::Visibility visibility(shape);
  std::int64_t wrong = 0;
  for (std::int64_t query = 0; query < mask.queries; ++query) {
    for (std::int64_t key = 0; key < mask.keys; ++key) {
      wrong += visibility.sees(query, key) != mask.sees(query, key) ? 1 : 0;
    }
    // Every alignment of the 64 keys to the rows of the grid, one a query.
    for (std::int64_t first = query % 29; first < mask.keys; first += 29) {
      std::uint64_t expected = 0;
      for (std::int64_t bit = 0; bit < 64 && first + bit < mask.keys; ++bit) {
        expected |= static_cast<std::uint64_t>(mask.sees(query, first + bit) ? 1 : 0) << bit;
      }
      wrong += visibility.mask64(query, first) != expected ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

void check_lists(const patterns::Case& shape, const oracle::Mask& mask, std::int64_t q_tile,
                 std::int64_t kv_tile) {
  for (std::int64_t index = 0; index * q_tile < mask.queries; ++index) {
    std::vector<std::int64_t> queries;
    for (std::int64_t i = index * q_tile; i < (index + 1) * q_tile && i < mask.queries; ++i)
      queries.push_back(i);
    patterns::TileList expected;
    for (std::int32_t tile = 0; tile * kv_tile < mask.keys; ++tile) {
      std::vector<std::int64_t> keys;
      for (std::int64_t i = tile * kv_tile; i < (tile + 1) * kv_tile && i < mask.keys; ++i) keys.push_back(i);
      const oracle::TileLook look = oracle::look(mask, queries, keys);
      if (look.visited) (look.full ? expected.full : expected.partial).push_back(tile);
    }
    const patterns::TileList list = patterns::list_tiles(shape, q_tile, kv_tile, index);
    INFO("query tile " << index << " of " << q_tile << ", KV tiles of " << kv_tile);
    CHECK(list.full == expected.full);
    CHECK(list.partial == expected.partial);
  }
}

}  // namespace

TEST_CASE("masks of random cases equal the oracle") {
  const std::uint64_t seed = oracle::test_seed();
  for (std::uint64_t index = 0; index < testing::random_cases(2000); ++index) {
    const patterns::Case shape = oracle::random_case(seed, index);
    INFO("seed " << seed << " case " << index << ": " << oracle::describe(shape));
    check_masks(shape, oracle::mask_of(shape));
  }
}

TEST_CASE("tile lists of random cases equal the oracle") {
  const std::uint64_t seed = oracle::test_seed();
  for (std::uint64_t index = 0; index < testing::random_cases(3000); ++index) {
    const patterns::Case shape = oracle::random_case(seed + 1, index);
    oracle::Dice dice(seed + 2, index);
    INFO("seed " << seed << " case " << index << ": " << oracle::describe(shape));
    check_lists(shape, oracle::mask_of(shape), dice.roll(1, 40), dice.roll(1, 40));
  }
}

TEST_CASE("a causal window is aligned bottom-right and keeps its sinks") {
  patterns::Case shape;
  shape.q_len = 2;
  shape.kv_len = 10;
  shape.pattern = patterns::SlidingWindow{3, 2, true};
  const patterns::Visibility visibility(shape);
  CHECK(visibility.mask64(0, 0) == 0b0111000011);  // position 8 sees 6, 7, 8 and the sinks
  CHECK(visibility.mask64(1, 0) == 0b1110000011);
  CHECK(visibility.mask64(1, 8) == 0b11);
}

TEST_CASE("with more queries than keys the first rows see nothing") {
  patterns::Case shape;
  shape.q_len = 4;
  shape.kv_len = 2;
  shape.pattern = patterns::Dense{true};
  const patterns::Visibility visibility(shape);
  CHECK(visibility.mask64(0, 0) == 0);
  CHECK(visibility.mask64(1, 0) == 0);
  CHECK(visibility.mask64(2, 0) == 0b01);
  CHECK(visibility.mask64(3, 0) == 0b11);
}

TEST_CASE("extra tokens are seen by all and see all") {
  patterns::Case shape;
  shape.tokens = {4};
  shape.q_len = shape.kv_len = 6;
  shape.pattern = patterns::Dense{true};
  const patterns::Visibility visibility(shape);
  CHECK(visibility.mask64(0, 0) == 0b110001);
  CHECK(visibility.mask64(4, 0) == 0b111111);
  CHECK(visibility.mask64(4, 5) == 0b1);
}
