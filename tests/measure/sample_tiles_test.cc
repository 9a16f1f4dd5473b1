// SPDX-License-Identifier: Apache-2.0
#include "measure/sample_tiles.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/support/sample_machine.h"

using namespace spanwise;

namespace {

sim::TileWork whole_work(const patterns::Case& shape) {
  static sim::CountCache counts;
  const auto kernels = testing::sample_kernels();
  const auto& kernel = kernels.at("sparse-kernel");
  return *sim::tile_work(shape, kernel, kernel.tiles.front(), counts);
}

}  // namespace

TEST_CASE("samples hold the ends and the heaviest tile, and are the same every time") {
  patterns::Case shape;
  shape.q_len = shape.kv_len = 64 * 1000;
  shape.pattern = patterns::Dense{true};
  const auto tiles = measure::sample_tiles(shape, 64, 64, 8);
  CHECK(tiles.size() == 8);
  CHECK(std::is_sorted(tiles.begin(), tiles.end()));
  CHECK(tiles.front() == 0);
  CHECK(tiles.back() == 999);
  CHECK(tiles == measure::sample_tiles(shape, 64, 64, 8));
  shape.seed = 1;
  CHECK(tiles != measure::sample_tiles(shape, 64, 64, 8));
  shape.q_len = shape.kv_len = 200;
  CHECK(measure::sample_tiles(shape, 64, 64, 8) == std::vector<std::int64_t>{0, 1, 2, 3});
}

TEST_CASE("parts that make up the whole have its counts") {
  for (const patterns::Pattern& pattern : {patterns::Pattern(patterns::Dense{true}), patterns::Pattern(patterns::SlidingWindow{300, 5, true}),
                                           patterns::Pattern(patterns::SlidingWindow{100, 0, false})}) {
    patterns::Case shape;
    shape.q_len = shape.kv_len = 1000;
    shape.pattern = pattern;
    const auto whole = whole_work(shape);
    std::vector<std::int64_t> low(8), high(8);
    std::iota(low.begin(), low.end(), 0);
    std::iota(high.begin(), high.end(), 8);
    const auto a = measure::sampled_work(shape, whole, 64, low);
    const auto b = measure::sampled_work(shape, whole, 64, high);
    CHECK((a.counts->pairs + b.counts->pairs == whole.counts->pairs));
    CHECK((a.counts->kv_tiles + b.counts->kv_tiles == whole.counts->kv_tiles));
    CHECK((*a.counts->full_tiles + *b.counts->full_tiles == *whole.counts->full_tiles));
    CHECK((a.counts->q_tiles + b.counts->q_tiles == whole.counts->q_tiles));
  }
}
