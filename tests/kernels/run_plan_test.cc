// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/run_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "kernel_harness.h"
#include "kernels/attention_params.h"
#include "tests/patterns/random_cases.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using namespace spanwise::kernels::testing;

RunPlan runs_of(const patterns::Case& shape, std::span<const std::int64_t> q_tiles = {}) {
  core::ThreadPool pool(2);
  const auto plan = plan_runs(shape, q_tiles, std::uint64_t{1} << 30, pool);
  REQUIRE(plan);
  return *plan;
}

bool lets_through(const RunPlan& plan, std::int32_t mask, std::int64_t row, std::int64_t key) {
  if (mask == TileRun::kNoMask) return true;
  const auto words = mask_words(plan.key_tile);
  const auto at = (std::int64_t{mask} * kCudaQueryTile + row) * words + key / 32;
  return (plan.masks[static_cast<std::size_t>(at)] >> (key % 32) & 1) != 0;
}

// Every pair of a sequence that the plan lets through by a list, and only once, against the brute-force mask.
void check_pairs(const RunPlan& plan, const PlanSequence& sequence, std::size_t list) {
  const auto shape = cases_by_list(sequence.shape)[list];
  const auto mask = oracle::mask_of(shape);
  for (auto tile = sequence.first_tile; tile < sequence.first_tile + sequence.tiles; ++tile) {
    const auto& place = plan.tiles[tile];
    const auto& plan_row = plan.row(list, tile);
    const std::span runs{plan.runs.data() + plan_row.first_run, static_cast<std::size_t>(plan_row.runs)};
    for (std::int64_t row = 0; row < place.tokens; ++row) {
      std::set<std::int64_t> seen;
      for (const auto& tiles : runs) {
        for (std::int64_t i = 0; i < std::int64_t{tiles.count} * plan.key_tile; ++i) {
          if (!lets_through(plan, tiles.mask, row, i % plan.key_tile)) continue;
          const std::int64_t key = std::int64_t{tiles.first} * plan.key_tile + i - sequence.first_key;
          REQUIRE(key >= 0);
          REQUIRE(key < shape.kv_len);
          REQUIRE(seen.insert(key).second);
          REQUIRE(mask.sees(place.first_token + row, key));
        }
      }
      std::int64_t visible = 0;
      for (std::int64_t key = 0; key < shape.kv_len; ++key) visible += mask.sees(place.first_token + row, key) ? 1 : 0;
      REQUIRE(static_cast<std::int64_t>(seen.size()) == visible);
    }
  }
}

void check_all_pairs(const RunPlan& plan) {
  for (const auto& sequence : plan.sequences) {
    for (std::size_t list = 0; list < plan.lists; ++list) check_pairs(plan, sequence, list);
  }
}

TEST_CASE("runs let exactly the visible pairs through") {
  for (std::uint64_t index = 0; index < 100; ++index) {
    auto shape = oracle::random_case(oracle::test_seed() + 500, index);
    shape.head_dim = index % 2 == 0 ? 128 : 256;
    CAPTURE(patterns::to_json(shape));
    check_all_pairs(runs_of(shape));
  }
}

TEST_CASE("structured rows take a few runs, whatever their length") {
  const auto dense = runs_of(fp32_case(patterns::Dense{false}, 128, 1 << 20, 128));
  REQUIRE(dense.runs.size() == 1);
  CHECK(dense.runs.front() == TileRun{0, 8192, TileRun::kNoMask});
  const auto causal = runs_of(fp32_case(patterns::Dense{true}, 16384, 16384, 128));
  CHECK(causal.runs.size() == 2 * 128 - 1);
  CHECK(causal.masks.size() == static_cast<std::size_t>(128 * mask_words(128)));  // the diagonal, once
  const auto window = runs_of(fp32_case(patterns::SlidingWindow{1024, 64, true}, 16384, 16384, 128));
  CHECK(window.runs.size() <= 4 * 128);
}

TEST_CASE("masked tiles come first, then full ones in order") {
  const auto plan = runs_of(fp32_case(patterns::Dense{true}, 1000, 1000, 128));
  const auto* last = &plan.runs[static_cast<std::size_t>(plan.plan_rows.back().first_run)];
  CHECK(last[0].mask != TileRun::kNoMask);
  CHECK(last[0].first == 7);
  CHECK(last[1] == TileRun{0, 7, TileRun::kNoMask});
}

TEST_CASE("items: every tile of every head once, sections of heads, heaviest rows first") {
  auto shape = fp32_case(patterns::Dense{true}, 1024, 1024, 128);
  shape.batch = 2;
  shape.q_heads = 6;
  shape.kv_heads = 3;
  const auto plan = runs_of(shape);
  const std::int64_t head_bytes = 1024 * 256 * 4;
  const auto items = order_items(plan, 2 * head_bytes);
  REQUIRE(items.size() == 8 * 12);
  std::set<std::pair<int, int>> met;
  for (std::size_t i = 0; i < items.size(); ++i) {
    met.insert({items[i].row, items[i].q_head});
    CHECK(items[i].q_head / 4 == static_cast<std::int32_t>(i / 32));  // two KV heads of two query heads a section
    const auto& row = plan.row(0, static_cast<std::size_t>(items[i].row));
    CHECK(items[i].tiles == row.tiles);
    CHECK(items[i].first_run == row.first_run);
    if (i % 32 != 0) CHECK(items[i].tiles <= items[i - 1].tiles);
  }
  CHECK(met.size() == items.size());
}

TEST_CASE("some tiles only: rows follow each other") {
  const std::vector<std::int64_t> tiles = {1, 7};
  const auto plan = runs_of(fp32_case(patterns::Dense{true}, 1000, 1000, 128), tiles);
  REQUIRE(plan.tiles.size() == 2);
  CHECK(plan.tiles[0].first_token == 128);
  CHECK(plan.tiles[1].first_token == 896);
  CHECK(plan.tiles[1].first_row == 128);
  CHECK(plan.rows == 128 + 104);
}

TEST_CASE("a ragged batch: sequences lie in tiles of their own, each with its own mask") {
  auto shape = fp32_case(patterns::SlidingWindow{150, 2, true}, 300, 700, 128);
  shape.batch = 4;
  shape.q_heads = 4;
  shape.kv_heads = 2;
  shape.q_lens = {300, 1, 128, 77};
  shape.kv_lens = {300, 700, 129, 5};
  const auto plan = runs_of(shape);
  REQUIRE(plan.sequences.size() == 4);
  CHECK(plan.tiles.size() == 3 + 1 + 1 + 1);
  CHECK(plan.rows == 5 * 128 + 77);
  CHECK(plan.keys == (3 + 6 + 2) * 128 + 5);
  CHECK(plan.sequences[2].first_row == 4 * 128);
  CHECK(plan.sequences[2].first_key == 9 * 128);
  check_all_pairs(plan);
  const auto items = order_items(plan, 1 << 30);
  CHECK(items.size() == 6 * 4);  // heads are of one sequence: rows tell the sequences apart
  for (const auto& item : items) CHECK(item.q_head < 4);
}

TEST_CASE("lists by head: each head reads its own draw") {
  auto shape = fp32_case(patterns::Dense{}, 512, 512, 128);
  shape.batch = 2;
  shape.q_heads = 4;
  shape.kv_heads = 2;
  patterns::BlockMask mask;
  mask.q_block = mask.kv_block = 128;
  mask.random = patterns::RandomBlocks{0.5, 40};
  shape.pattern = mask;
  for (const auto& [by, lists] : {std::pair{"case", 1}, {"kv_head", 4}, {"head", 8}}) {
    CAPTURE(by);
    shape.params = std::string(R"({"lists":")") + by + R"("})";
    const auto plan = runs_of(shape);
    REQUIRE(plan.lists == static_cast<std::size_t>(lists));
    check_all_pairs(plan);
    for (const auto& item : order_items(plan, 1 << 30)) {
      const auto list = static_cast<std::size_t>(item.q_head * lists / 8);
      CHECK(item.first_run == plan.row(list, static_cast<std::size_t>(item.row)).first_run);
    }
  }
  CHECK(unsupported_params(shape).empty());
  shape.pattern = patterns::Dense{};
  CHECK(unsupported_params(shape) == "lists by head are drawn for a block_mask with `random`, no other pattern");
  shape.params = R"({"lists":"heads"})";
  CHECK(unsupported_params(shape) ==
        "'params.lists' cannot be the text 'heads' (did you mean 'head'? allowed: case, kv_head, head)");
}

TEST_CASE("a plan that exceeds its memory is refused") {
  core::ThreadPool pool(1);
  const auto shape = fp32_case(patterns::Dense{true}, 4096, 4096, 128);
  CHECK(plan_runs(shape, {}, 1 << 20, pool));
  CHECK_FALSE(plan_runs(shape, {}, 1 << 10, pool));
  const auto endless = plan_runs(fp32_case(patterns::Dense{false}, 1, std::int64_t{1} << 40, 128), {}, 1 << 20, pool);
  REQUIRE_FALSE(endless);
  CHECK(endless.error().front().message == "more than 2147483647 tiles");
}

}  // namespace
