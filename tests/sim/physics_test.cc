// SPDX-License-Identifier: Apache-2.0
// Properties that no fit may break: floors, density, bandwidth, cost.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>

#include "sim/correction.h"
#include "sim/kernel_choice.h"
#include "sim/split_rule.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

namespace {

// Any correction that a fit could write.
hwmodels::Correction random_correction(const patterns::Case& shape) {
  hwmodels::Correction c;
  c.phase = shape.phase;
  c.pattern = "sliding_window";
  c.head_dim = shape.head_dim;
  c.dtype = c.kv_dtype = shape.dtype;
  for (auto& scale : c.scales) scale = *rc::gen::inRange(1, 40);
  c.high = {60, 30, 30, 20, 10, 10, 7, 10, 50};
  for (int i = 0; i < 5; ++i) {
    hwmodels::CorrectionKnot knot;
    for (auto& x : knot.at) x = *rc::gen::inRange(0, 20);
    knot.weight = 0.01 * *rc::gen::inRange(-200, 200);
    knot.spread = 0.01 * *rc::gen::inRange(1, 50);
    c.knots.push_back(knot);
  }
  return c;
}

}  // namespace

TEST_CASE("corrected times keep their floor, their order in density and in bandwidth") {
  rc::check([] {
    auto machine = testing::sample_machine();
    auto kernels = testing::sample_kernels();
    auto& kernel = kernels.at("sparse-kernel");
    kernel.schedule = *rc::gen::element(hwmodels::Schedule::kWaves, hwmodels::Schedule::kLongestFirst);
    kernel.split_kv = *rc::gen::arbitrary<bool>();
    patterns::Case shape;
    shape.kernel = "sparse-kernel";
    shape.phase = *rc::gen::element(patterns::Phase::kPrefill, patterns::Phase::kDecode);
    shape.cache = *rc::gen::element(patterns::Cache::kWarm, patterns::Cache::kCold);
    shape.kv_len = *rc::gen::inRange<std::int64_t>(2, 20'000);
    shape.q_len = shape.phase == patterns::Phase::kDecode ? 1 : shape.kv_len;
    shape.batch = *rc::gen::inRange<std::int64_t>(1, 20);
    shape.q_heads = 8;
    shape.kv_heads = *rc::gen::element<std::int64_t>(1, 2, 8);
    const auto window = *rc::gen::inRange<std::int64_t>(2, shape.kv_len + 1);
    shape.pattern = patterns::SlidingWindow{window, 0, true};
    // Masks that cost nothing: a narrower window may turn full tiles into partial ones.
    machine.kernels.at("sparse-kernel").partial_per_score = 0;
    machine.kernels.at("sparse-kernel").corrections = {random_correction(shape)};
    sim::CountCache counts;
    const sim::Pricing pricing{&machine, &kernels, &counts};
    const auto whole = sim::choose_kernel(shape, pricing);
    RC_ASSERT(static_cast<bool>(whole));
    const auto& e = whole->estimate;
    RC_ASSERT(e.time >= sim::roof_seconds(shape, whole->priced));
    RC_ASSERT(e.low <= e.time);
    RC_ASSERT(e.time <= e.high);

    auto sparser = shape;
    sparser.pattern = patterns::SlidingWindow{window / 2, 0, true};
    const auto half = sim::choose_kernel(sparser, pricing);
    RC_ASSERT(half->estimate.time.value <= e.time.value * (1 + 1e-9));

    auto faster = machine;
    faster.memory_bandwidth.value.value *= 2;
    const auto quick = sim::choose_kernel(shape, {&faster, &kernels, &counts});
    RC_ASSERT(quick->estimate.time.value <= e.time.value * (1 + 1e-9));
  });
}

TEST_CASE("a warm cache holds what fits and nothing of twice that") {
  auto machine = testing::sample_machine();
  machine.cache_bandwidth.value = {10e12};
  const auto kernels = testing::sample_kernels();
  sim::CountCache counts;
  const auto memory_at = [&](std::int64_t keys, patterns::Cache cache) {
    patterns::Case shape;
    shape.phase = patterns::Phase::kDecode;
    shape.kv_len = keys;
    shape.kernel = "dense-kernel";
    shape.pattern = patterns::Dense{true};
    shape.cache = cache;
    const auto choice = sim::choose_kernel(shape, {&machine, &kernels, &counts});
    REQUIRE(choice);
    return choice->estimate.memory.value;
  };
  // 512 bytes a key; 5 MB of the cache are usable.
  CHECK(memory_at(8000, patterns::Cache::kCold) == doctest::Approx(10 * memory_at(8000, patterns::Cache::kWarm)));
  CHECK(memory_at(20'000, patterns::Cache::kCold) == doctest::Approx(memory_at(20'000, patterns::Cache::kWarm)));
}

TEST_CASE("rows are cut as FlashAttention cuts them") {
  CHECK(sim::fullest_waves(200, 132, 64) == 1);    // enough items
  CHECK(sim::fullest_waves(1, 132, 1) == 1);       // nothing to cut
  CHECK(sim::fullest_waves(1, 216, 8) == 8);       // one tile each: every part helps
  CHECK(sim::fullest_waves(64, 216, 256) == 3);    // 192 of 216 slots; five parts fill 2.96 of 3 waves, three are enough
  CHECK(sim::fullest_waves(8, 216, 32) == 16);     // 27 parts would be no shorter than 16 of two tiles
  CHECK(sim::even_shares(1, 108, 4) == 1);        // short rows stay whole
  CHECK(sim::even_shares(1, 108, 8) == 7);      // nearly as full as eight
  CHECK(sim::even_shares(8, 108, 512) == 12);     // 96 of 108 slots
  CHECK(sim::even_shares(64, 108, 1024) == 2);    // shares of 668 tiles, though three parts fill the waves better
  CHECK(sim::even_shares(90, 108, 64) == 1);
}

TEST_CASE("a kernel that swaps groups into rows cuts only grouped rows, and pays for the copies") {
  const auto machine = testing::sample_machine();
  auto kernels = testing::sample_kernels();
  auto& kernel = kernels.at("dense-kernel");
  kernel.split_kv = kernel.swaps_groups = true;
  kernel.split_rule = hwmodels::SplitRule::kFullestWaves;
  kernel.pack_group = hwmodels::PackGroup::kShort;
  sim::CountCache counts;
  patterns::Case shape;
  shape.phase = patterns::Phase::kDecode;
  shape.kv_len = 65536;
  shape.kernel = "dense-kernel";
  shape.pattern = patterns::Dense{true};
  const auto priced = [&] {
    const auto choice = sim::choose_kernel(shape, {&machine, &kernels, &counts});
    REQUIRE(choice);
    return choice->priced;
  };
  shape.q_heads = shape.kv_heads = 1;
  const auto alone = priced();
  CHECK(sim::dense_parts(shape, alone) == 1);
  shape.q_heads = 4;
  const auto grouped = priced();
  CHECK(sim::dense_parts(shape, grouped) > 1);
  CHECK(sim::attention_seconds(shape, grouped, sim::Effect::kClock).value < sim::attention_seconds(shape, alone, sim::Effect::kClock).value);
  CHECK(!sim::copies_groups(shape, grouped));
  shape.q_heads = 8;
  shape.kv_heads = 2;
  CHECK(!sim::copies_groups(shape, priced()));
  shape.batch = 2;
  CHECK(sim::copies_groups(shape, priced()));
}
