// SPDX-License-Identifier: Apache-2.0
// The sweep against the published stride lists and against counting every point by itself; shaped boxes, tile lists,
// block lists and pictures.
#include "patterns/sweep.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>

#include "brute_force.h"
#include "patterns/block_list.h"
#include "patterns/kinds.h"
#include "patterns/tile_picture.h"
#include "random_cases.h"
#include "tests/support/sample_files.h"
#include "tests/support/sanitized.h"

namespace spanwise::patterns {
namespace {

Neighborhood plain(Lengths window) {
  const auto axes = window.size();
  return {std::move(window), Lengths(axes, 1), Lengths(axes, 1), std::vector<bool>(axes, false)};
}

TEST_CASE("the strides that the published tables keep") {
  const auto kept = [](const Lengths& tokens, const Lengths& window, const Lengths& q_tile, const Lengths& kv_tile) {
    auto points = sweep_strides(tokens, plain(window), Tiling::kStatic, {0, q_tile, kv_tile});
    REQUIRE(points);
    std::string text;
    for (const auto& point : prune(std::move(*points))) text += fmt::format("{} ", fmt::join(point.stride, "x"));
    return text;
  };
  CHECK(kept({30, 48, 80}, {18, 24, 24}, {4, 8, 8}, {2, 8, 8}) == "1x1x1 2x1x1 1x1x8 2x1x8 1x8x8 2x8x8 16x8x8 ");
  CHECK(kept({30, 48, 80}, {30, 40, 40}, {2, 16, 8}, {2, 8, 8}) == "1x1x1 1x1x8 1x32x8 ");
  CHECK(kept({256, 256}, {80, 80}, {16, 16}, {16, 8}) == "1x1 16x1 16x16 ");
  const auto line = sweep_strides({32768}, plain({2048}), Tiling::kStatic, {0, {128}, {128}});
  REQUIRE(line);
  std::int64_t smallest = 0;
  for (const auto& point : *line) {
    if (point.block_sparse == true && (smallest == 0 || point.stride[0] < smallest)) smallest = point.stride[0];
  }
  CHECK(smallest == 256);  // NATTEN's documentation
}

TEST_CASE("a point of the sweep is what counting it says") {
  for (const auto tiling : {Tiling::kStatic, Tiling::kDynamic}) {
    const TilePair tiles{0, {4, 3}, {2, 5}};
    const auto points = sweep_strides({17, 22}, plain({5, 9}), tiling, tiles);
    REQUIRE(points);
    for (const auto& point : *points) {
      auto pattern = plain({5, 9});
      pattern.stride = point.stride;
      const auto counts = oracle::count({{17, 22}, pattern, tiles.q_tile, tiles.kv_tile, tiling});
      CHECK(point.worst_speedup == doctest::Approx(core::to_double(counts.dense_kv_tiles) / core::to_double(counts.kv_tiles_max)));
      CHECK(point.total_speedup == doctest::Approx(core::to_double(counts.dense_kv_tiles * counts.q_tiles) / core::to_double(counts.kv_tiles)));
      CHECK(point.block_sparse == counts.block_sparse);
      CHECK(point.natten_block_sparse == counts.natten_block_sparse);
    }
  }
}

TEST_CASE("KV boxes shaped to the window visit fewer keys") {
  const auto keys = [](const TilePair& tiles) {
    const auto points = sweep_strides({128, 128}, plain({13, 13}), Tiling::kStatic, tiles);
    REQUIRE(points);
    return points->front().keys;  // stride 1x1
  };
  const auto best = best_kv_box({128, 128}, plain({13, 13}), Tiling::kStatic, {8, 8}, 128);
  REQUIRE(best);
  CHECK(volume(best->kv_tile) <= 128);
  // By a script that counts query tile by query tile: 8x10 (or 10x8) against the power-of-two boxes of the same budget.
  CHECK(keys(*best) == doctest::Approx(618.125));
  CHECK(keys({0, {8, 8}, {16, 8}}) == doctest::Approx(690));
  for (const Lengths& other : {Lengths{8, 16}, Lengths{4, 32}, Lengths{2, 64}, Lengths{11, 8}}) CHECK(keys(*best) < keys({0, {8, 8}, other}));
  CHECK(best_kv_box({128, 128}, plain({13, 13}), Tiling::kStatic, {8, 8}, 4).error().front().message == "no KV box fits the layout");
}

// Where KV boxes start at the first key that a query tile needs, the box 4x28 fits the 28 keys that 16 queries see of a
// window of 13 and visits 546 keys, against 736 with 8x16, the query tile's own shape; no box of a multiple of 8 tokens
// between 65 and 128 visits fewer than 540. By the same script.
TEST_CASE("KV boxes shaped to the window visit fewer keys in dynamic tiling, too") {
  const Lengths layout{128, 128}, q_tile{8, 16};
  if (testing::kSanitized) return;  // the oracle counts 16,384 queries three times
  const auto keys = [&](const Lengths& kv_tile) {
    const auto points = sweep_strides(layout, plain({13, 13}), Tiling::kDynamic, {0, q_tile, kv_tile});
    REQUIRE(points);
    const auto counts = oracle::count({layout, plain({13, 13}), q_tile, kv_tile, Tiling::kDynamic});
    CHECK(points->front().keys ==
          doctest::Approx(core::to_double(counts.kv_tiles) / core::to_double(counts.q_tiles) * static_cast<double>(volume(kv_tile))));
    return points->front().keys;
  };
  CHECK(keys({8, 16}) == doctest::Approx(736));
  CHECK(keys({4, 28}) == doctest::Approx(546));
  const auto best = best_kv_box(layout, plain({13, 13}), Tiling::kDynamic, q_tile, 128);
  REQUIRE(best);
  CHECK(best->kv_tile == Lengths{20, 4});
  CHECK(keys(best->kv_tile) == doctest::Approx(540));
}

TEST_CASE("shipped tile lists are read, and have as many pairs as are published") {
  const auto pairs = [](const char* name, std::size_t axes) {
    const auto tiles = read_tile_pairs(testing::source_path(fmt::format("configs/tiles/{}.yaml", name)));
    REQUIRE(tiles);
    return std::count_if(tiles->pairs.begin(), tiles->pairs.end(), [&](const TilePair& p) { return p.q_tile.size() == axes; });
  };
  CHECK(pairs("natten-cutlass-fna", 1) == 3);
  CHECK(pairs("natten-cutlass-fna", 2) == 27);
  CHECK(pairs("natten-cutlass-fna", 3) == 76);
  CHECK(pairs("natten-blackwell-fna", 3) == 7);
  CHECK(pairs("natten-hopper-fna", 3) == 6);
  CHECK(pairs("flex-attention", 2) == 4);
  CHECK(pairs("spanwise-cpu", 1) == 1);
  const auto given = parse_tile_pairs("4x8x8/2x8x8,64/32");
  REQUIRE(given);
  CHECK(given->pairs[1].kv_tile == Lengths{32});
  CHECK_FALSE(parse_tile_pairs("4x8x8"));
  CHECK_FALSE(parse_tile_pairs("4x8/8"));
  CHECK_FALSE(parse_tile_pairs(""));
}

TEST_CASE("block lists hold the tiles of the oracle, on any number of threads") {
  for (std::uint64_t index = 0; index < testing::random_cases(150); ++index) {
    const Case shape = oracle::random_case(oracle::test_seed() + 9, index);
    CAPTURE(to_json(shape));
    oracle::Dice dice(oracle::test_seed(), index);
    const std::int64_t q_tile = dice.roll(1, 40), kv_tile = dice.roll(1, 40);
    core::ThreadPool one(1), three(3);
    const auto list = make_block_list(shape, q_tile, kv_tile, 1 << 30, one);
    REQUIRE(list);
    CHECK(make_block_list(shape, q_tile, kv_tile, 1 << 30, three)->partial == list->partial);
    const auto mask = oracle::mask_of(shape);
    const auto bits = bit_mask(*list, 1 << 30);
    REQUIRE(bits);
    const auto runs = run_lengths(list->full);
    std::set<std::pair<std::int64_t, std::int64_t>> full, partial, visited, in_runs;
    for (std::int64_t q = 0; q < list->q_tiles; ++q) {
      for (std::int64_t k = 0; k < list->kv_tiles; ++k) {
        std::vector<std::int64_t> queries, keys;
        for (std::int64_t i = q * q_tile; i < std::min((q + 1) * q_tile, shape.q_len); ++i) queries.push_back(i);
        for (std::int64_t j = k * kv_tile; j < std::min((k + 1) * kv_tile, shape.kv_len); ++j) keys.push_back(j);
        const auto tile = oracle::look(mask, queries, keys);
        const auto words = (list->kv_tiles + 63) / 64;
        const bool bit = ((*bits)[static_cast<std::size_t>(q * words + k / 64)] >> (k % 64) & 1) != 0;
        CHECK(bit == tile.visited);
        if (tile.full) full.emplace(q, k);
        if (tile.visited && !tile.full) partial.emplace(q, k);
      }
    }
    const auto pairs_of = [](const TileRows& rows) {
      std::set<std::pair<std::int64_t, std::int64_t>> pairs;
      for (std::size_t row = 0; row + 1 < rows.first.size(); ++row) {
        for (auto at = rows.first[row]; at < rows.first[row + 1]; ++at) pairs.emplace(row, rows.tiles[at]);
      }
      return pairs;
    };
    CHECK(pairs_of(list->full) == full);
    CHECK(pairs_of(list->partial) == partial);
    for (std::size_t row = 0; row + 1 < runs.first.size(); ++row) {
      for (auto at = runs.first[row]; at < runs.first[row + 1]; at += 2) {
        for (auto tile = runs.tiles[at]; tile < runs.tiles[at + 1]; ++tile) in_runs.emplace(row, tile);
      }
    }
    CHECK(in_runs == full);
    auto order = order_for_locality(*list);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == static_cast<std::int32_t>(i));
  }
  core::ThreadPool pool(1);
  Case dense;
  dense.q_len = dense.kv_len = 4096;
  CHECK_FALSE(make_block_list(dense, 16, 16, 1000, pool));
  CHECK_FALSE(bit_mask(*make_block_list(dense, 16, 16, 1 << 30, pool), 1000));
}

TEST_CASE("pictures show full, partial and empty tiles") {
  const Pattern window = SlidingWindow{8, 4, true};
  CHECK(draw(window, {32}, 8) ==
        "+.......\n#+......\n##+.....\n#+#+....\n#.+#+...\n#..+#+..\n#...+#+.\n#....+#+\n");
}

TEST_CASE("every kind of the catalogue draws its example or says why not") {
  for (const auto& kind : kinds()) {
    CAPTURE(kind.name);
    Lengths tokens = kind.layout == "16x16" ? Lengths{16, 16} : Lengths{256};
    const auto text = draw(*parse_pattern(std::string(kind.example), false), tokens, 32);
    if (text.starts_with("no picture: unsupported")) continue;
    CHECK(std::count(text.begin(), text.end(), '\n') == 32);
    CHECK(text.size() == 32 * 33);
  }
}

TEST_CASE("SVG and PNG are made of the same tiles") {
  const auto picture = tile_picture(SlidingWindow{8, 4, true}, {32}, 4, 4);
  REQUIRE(picture);
  const auto svg = picture_svg(*picture);
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\""));
  CHECK(svg.find("M0 0h1v1h-1z") != std::string::npos);
  const auto png = picture_png(*picture);
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  CHECK(png.substr(12, 4) == "IHDR");
  CHECK(png.substr(png.size() - 8) == std::string("IEND\xae\x42\x60\x82"));  // the CRC of an empty IEND
  CHECK_FALSE(tile_picture(SlidingWindow{8, 4, true}, {1 << 20}, 16, 16));
}

}  // namespace
}  // namespace spanwise::patterns
