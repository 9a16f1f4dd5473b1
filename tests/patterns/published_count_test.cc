// SPDX-License-Identifier: Apache-2.0
// Figures published with generalized neighborhood attention (arXiv 2504.16922, tables and figure 3; NATTEN's
// docs): the worst query tile against all KV tiles, the strides that were worth keeping, and NATTEN's test
// for block sparsity.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "patterns/tile_count.h"

using namespace spanwise::patterns;

namespace {

CountRequest boxes(Lengths tokens, Lengths window, Lengths stride, Lengths q_tile, Lengths kv_tile) {
  const std::size_t axes = tokens.size();
  return {.tokens = std::move(tokens),
          .pattern =
              Neighborhood{std::move(window), std::move(stride), Lengths(axes, 1), std::vector<bool>(axes)},
          .q_tile = std::move(q_tile),
          .kv_tile = std::move(kv_tile),
          .tiling = Tiling::kStatic};
}

TileCounts count(const CountRequest& request) {
  const auto counts = count_tiles(request);
  REQUIRE(counts);
  return *counts;
}

// As published: worst-tile speedup and total speedup to so many digits, then the share of full tiles among
// visited ones.
std::string figures(const CountRequest& request, int digits = 2) {
  const TileCounts counts = count(request);
  const double full =
      spanwise::core::to_double(*counts.full_tiles) / spanwise::core::to_double(counts.kv_tiles);
  return fmt::format("{:.{}f} {:.{}f} {:.2f}", counts.tile_speedup_worst(), digits, counts.tile_speedup(),
                     digits, full);
}

const Lengths kHunyuan = {30, 48, 80}, kHunyuanWindow = {18, 24, 24};
const Lengths kFlux = {256, 256}, kFluxWindow = {80, 80};
const Lengths kCosmos = {16, 44, 80};

struct Kept {
  std::int64_t volume;
  spanwise::core::Count worst;
  std::string name;
};

// Every stride up to the window, by volume; one is kept when its worst tile beats all kept before.
std::string strides_worth_keeping(CountRequest request) {
  auto& rule = std::get<Neighborhood>(request.pattern);
  std::vector<Kept> all;
  std::fill(rule.stride.begin(), rule.stride.end(), 1);
  for (bool more = true; more;) {
    all.push_back(
        {volume(rule.stride), count(request).kv_tiles_max, fmt::format("{}", fmt::join(rule.stride, "x"))});
    more = false;
    for (std::size_t axis = rule.stride.size(); axis-- > 0 && !more;) {
      more = rule.stride[axis] < rule.window[axis];
      rule.stride[axis] = more ? rule.stride[axis] + 1 : 1;
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) {
    return a.volume != b.volume ? a.volume < b.volume : a.worst < b.worst;
  });
  std::string names;
  const Kept* best = nullptr;
  for (const Kept& stride : all) {
    if (best != nullptr && stride.worst >= best->worst) continue;
    best = &stride;
    names += (names.empty() ? "" : " ") + stride.name;
  }
  return names;
}

}  // namespace

TEST_CASE("HunyuanVideo, 91 % sparse") {
  const auto stride1 = boxes(kHunyuan, kHunyuanWindow, {1, 1, 1}, {4, 8, 8}, {2, 8, 8});
  const TileCounts counts = count(stride1);
  CHECK(counts.q_tiles == 8 * 6 * 10);
  CHECK(counts.dense_kv_tiles == 900);
  CHECK(counts.kv_tiles_max == 275);  // 11 x 5 x 5
  CHECK(counts.block_sparse == false);
  CHECK(fmt::format("{:.2f}", counts.flop_speedup()) == "11.11");
  CHECK(figures(stride1) == "3.27 5.24 0.15");

  const auto aligned = boxes(kHunyuan, kHunyuanWindow, {16, 8, 8}, {4, 8, 8}, {2, 8, 8});
  CHECK(figures(aligned) == "11.11 11.11 1.00");
  CHECK(count(aligned).block_sparse == true);
  CHECK(count(aligned).natten_block_sparse == true);
}

TEST_CASE("HunyuanVideo on Hopper tiles: 2x8x8 for queries and keys") {
  CHECK(figures(boxes(kHunyuan, kHunyuanWindow, {1, 1, 1}, {2, 8, 8}, {2, 8, 8})) == "3.60 5.44 0.17");
  CHECK(figures(boxes(kHunyuan, kHunyuanWindow, {16, 8, 8}, {2, 8, 8}, {2, 8, 8})) == "11.11 11.11 1.00");
}

TEST_CASE("FLUX 4K, 90 % sparse") {
  CHECK(figures(boxes(kFlux, kFluxWindow, {1, 1}, {16, 16}, {16, 8})) == "6.10 7.06 0.43");
  CHECK(figures(boxes(kFlux, kFluxWindow, {16, 16}, {16, 16}, {16, 8})) == "10.24 10.24 1.00");
  CHECK(figures(boxes(kFlux, kFluxWindow, {1, 1}, {16, 8}, {16, 8})) == "6.65 7.51 0.50");
  CHECK(figures(boxes(kFlux, kFluxWindow, {16, 16}, {16, 8}, {16, 8})) == "10.24 10.24 1.00");
}

TEST_CASE("32768 tokens, window 2048: 256 is the smallest fully block-sparse stride") {
  for (const std::int64_t q_tile : {128, 256}) {
    std::int64_t smallest = 0;
    for (std::int64_t stride = 1; stride <= 2048 && smallest == 0; ++stride) {
      const TileCounts counts = count(boxes({32768}, {2048}, {stride}, {q_tile}, {128}));
      if (*counts.block_sparse) smallest = stride;
      CHECK(counts.natten_block_sparse == counts.block_sparse);
    }
    CHECK(smallest == 256);
  }
  CHECK(figures(boxes({32768}, {2048}, {1}, {256}, {128}), 1) == "14.2 14.3 0.79");
  CHECK(figures(boxes({32768}, {2048}, {1}, {128}, {128}), 1) == "15.1 15.1 0.89");
  CHECK(figures(boxes({32768}, {2048}, {2048}, {128}, {128}), 1) == "16.0 16.0 1.00");
}

TEST_CASE("strides kept in the published tables") {
  CHECK(strides_worth_keeping(boxes(kHunyuan, kHunyuanWindow, {1, 1, 1}, {4, 8, 8}, {2, 8, 8})) ==
        "1x1x1 2x1x1 1x1x8 2x1x8 1x8x8 2x8x8 16x8x8");
  CHECK(strides_worth_keeping(boxes(kHunyuan, {30, 40, 40}, {1, 1, 1}, {2, 16, 8}, {2, 8, 8})) ==
        "1x1x1 1x1x8 1x32x8");
  for (const Lengths& window : {Lengths{16, 32, 48}, Lengths{16, 24, 16}}) {
    CHECK(strides_worth_keeping(boxes(kCosmos, window, {1, 1, 1}, {8, 4, 8}, {4, 4, 8})) ==
          "1x1x1 1x8x1 1x1x16 1x8x16");
  }
  CHECK(strides_worth_keeping(boxes(kFlux, kFluxWindow, {1, 1}, {16, 16}, {16, 8})) == "1x1 16x1 16x16");
}

TEST_CASE("NATTEN's own test is wrongly true for query tiles of one token") {
  const TileCounts counts = count(boxes({16}, {4}, {1}, {1}, {2}));
  CHECK(counts.natten_block_sparse == true);
  CHECK(counts.block_sparse == false);
}
