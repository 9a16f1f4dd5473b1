// SPDX-License-Identifier: Apache-2.0
// The leak check finds what it claims to find: single leaked, missed and exchanged keys, padding, and wrong
// masks and lists inside the kernel.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "kernel_harness.h"
#include "kernels/leak_values.h"
#include "tests/patterns/random_cases.h"
#include "tests/support/sanitized.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using namespace spanwise::kernels::testing;
using patterns::Case;

struct Row {
  std::vector<float> output;
  float log_sum_exp;
};

// What an exact kernel returns that lets these keys through, all with the same weight.
Row row_of(const LeakValues& values, const std::multiset<std::int64_t>& keys, std::int64_t dim) {
  std::vector<double> sums(static_cast<std::size_t>(dim), 0.0);
  std::vector<float> value(static_cast<std::size_t>(dim));
  for (const auto key : keys) {
    values.fill(key, value);
    for (std::size_t i = 0; i < value.size(); ++i) sums[i] += static_cast<double>(value[i]);
  }
  Row row{std::vector<float>(value.size(), 0.0f),
          static_cast<float>(std::log(static_cast<double>(keys.size())))};
  if (keys.empty()) return row;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    row.output[i] = static_cast<float>(sums[i]) / static_cast<float>(keys.size());
  }
  return row;
}

TEST_CASE("every single leaked or missed key is found, and nothing else is") {
  for (std::uint64_t index = 0; index < spanwise::testing::random_cases(300); ++index) {
    oracle::Dice dice(oracle::test_seed() + 300, index);
    const auto kv_len = dice.roll(1, dice.one_in(4) ? 200'000 : 500);
    const auto dim = dice.roll(1, 256);
    CAPTURE(kv_len);
    CAPTURE(dim);
    const LeakValues values(kv_len, dim);
    std::multiset<std::int64_t> seen;
    const auto part = dice.roll(0, 4);
    for (std::int64_t key = 0; key < kv_len; ++key) {
      if (dice.roll(1, 4) <= part) seen.insert(key);
    }
    const auto expected = values.expected([&](std::int64_t key) { return seen.count(key) > 0; });
    const auto clean = [&](const std::multiset<std::int64_t>& keys) {
      const auto row = row_of(values, keys, dim);
      return LeakValues::clean(expected, row.output, row.log_sum_exp);
    };
    CHECK(clean(seen));
    auto wrong = seen;
    const auto key = dice.roll(0, kv_len + 63);  // padding as well
    if (seen.count(key) > 0) {
      wrong.erase(key);
    } else {
      wrong.insert(key);
    }
    CHECK_FALSE(clean(wrong));
  }
}

TEST_CASE("a window shifted by one, which leaks as many keys as it misses, is found in nearly every row") {
  const LeakValues values(8192, 128);
  int found = 0;
  for (std::int64_t first = 0; first < 64; ++first) {
    std::multiset<std::int64_t> shifted;
    for (std::int64_t key = first + 1; key <= first + 4096; ++key) shifted.insert(key);
    const auto expected =
        values.expected([&](std::int64_t key) { return key >= first && key < first + 4096; });
    const auto row = row_of(values, shifted, 128);
    found += LeakValues::clean(expected, row.output, row.log_sum_exp) ? 0 : 1;
  }
  CHECK(found >= 60);
}

TEST_CASE("rows longer than fp32 counts exactly are refused") {
  CHECK(LeakValues::fits(1 << 24, 128));
  CHECK_FALSE(LeakValues::fits((1 << 24) + 1, 128));
  CHECK_FALSE(LeakValues::fits((1 << 20) + 1, 1));
}

// A window with sinks, no length of which is a multiple of a tile, for two KV heads with two query heads
// each.
Case windows() {
  auto shape = fp32_case(patterns::SlidingWindow{150, 20, true}, 500, 500, 32);
  shape.q_heads = 4;
  shape.kv_heads = 2;
  return shape;
}

std::int64_t leaked_rows(const Case& shape, const TileOps& ops, const TilePlan& plan) {
  KernelHarness kernel(shape, ops, plan, 2);
  kernel.run_leak_probe();
  return kernel.leaked_rows();
}

// The same plan, but no two tiles share a list.
TilePlan with_own_lists(const TilePlan& plan) {
  auto own = plan;
  own.visits.clear();
  own.lists.clear();
  for (std::size_t tile = 0; tile < plan.tiles.size(); ++tile) {
    const auto visits = plan.visits_of(tile);
    own.append(std::vector<TileVisit>(visits.begin(), visits.end()));
  }
  return own;
}

// Which masked visit of the plan, and for how many heads its mistakes count.
TileVisit& masked_visit(TilePlan& plan, std::size_t tile) {
  for (std::size_t i = plan.lists[tile].first; i < plan.lists[tile].first + plan.lists[tile].count; ++i) {
    if (plan.visits[i].mask != TileVisit::kFull) return plan.visits[i];
  }
  FAIL("the tile has no masked visit");
  return plan.visits.front();
}

TEST_CASE("one wrong bit in a mask of the kernel is one leaked row a head") {
  const auto shape = windows();
  const auto plan = with_own_lists(plan_of(shape));
  for (const auto* ops : all_tile_ops()) {
    CHECK(leaked_rows(shape, *ops, plan) == 0);
    for (const std::uint64_t bit : {0, 17, 63}) {
      for (const std::size_t row : {std::size_t{0}, std::size_t{40}, std::size_t{63}}) {
        auto wrong = plan;
        auto& visit = masked_visit(wrong, 3);
        auto mask = wrong.masks[static_cast<std::size_t>(visit.mask)];
        mask[row] ^= std::uint64_t{1} << bit;
        visit.mask = static_cast<std::int32_t>(wrong.masks.size());
        wrong.masks.push_back(mask);
        CHECK(leaked_rows(shape, *ops, wrong) == 4);
      }
    }
  }
}

TEST_CASE("a partial tile taken for a full one, a missing tile and a tile visited twice are found") {
  const auto shape = windows();
  const auto plan = with_own_lists(plan_of(shape));
  for (const auto* ops : all_tile_ops()) {
    auto unmasked = plan;
    masked_visit(unmasked, 4).mask = TileVisit::kFull;
    CHECK(leaked_rows(shape, *ops, unmasked) > 0);
    auto missing = plan;
    ++missing.lists[5].first;
    --missing.lists[5].count;
    CHECK(leaked_rows(shape, *ops, missing) > 0);
    auto twice = plan;
    twice.visits[twice.lists[5].first] = twice.visits[twice.lists[5].first + 1];
    CHECK(leaked_rows(shape, *ops, twice) > 0);
  }
}

TEST_CASE("padding behind the last key that is not masked is found in every row") {
  const auto shape = fp32_case(patterns::Dense{false}, 100, 100, 16);
  auto plan = plan_of(shape);
  REQUIRE(plan.full_tiles == 4);  // padding makes no tile partial
  for (auto& visit : plan.visits) visit.mask = TileVisit::kFull;
  for (const auto* ops : all_tile_ops()) CHECK(leaked_rows(shape, *ops, plan) == 100);
}

}  // namespace
