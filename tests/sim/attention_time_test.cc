// SPDX-License-Identifier: Apache-2.0
#include "sim/attention_time.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "sim/kernel_choice.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

namespace {

patterns::Case shape_of(std::int64_t length, patterns::Pattern pattern) {
  patterns::Case shape;
  shape.q_len = shape.kv_len = length;
  shape.q_heads = shape.kv_heads = 10;
  shape.head_dim = shape.head_dim_v = 64;
  shape.pattern = std::move(pattern);
  return shape;
}

struct Choosing {
  hwmodels::Machine machine = testing::sample_machine();
  std::map<std::string, hwmodels::KernelModel> kernels = testing::sample_kernels();
  sim::CountCache counts;

  core::Result<sim::Choice> choose(const patterns::Case& shape) { return sim::choose_kernel(shape, {&machine, &kernels, &counts}); }
};

}  // namespace

TEST_CASE("a dense time by hand") {
  Choosing priced;
  const auto choice = priced.choose(shape_of(640, patterns::Dense{false}));
  REQUIRE(choice);
  // 64x64 tiles: 2 * 4096 * 128 FLOP / 1000 + 4096 / 100 cycles; 10 query tiles of 10 tiles, 10 heads on 10 processors.
  const double full = 2.0 * 4096 * 128 / 1000 + 4096.0 / 100;
  CHECK(sim::full_tile_cycles(choice->priced, choice->shape) == doctest::Approx(full));
  const double seconds = 10 * (500 + 10 * full) / 1e9 + 2e-6;
  CHECK(choice->estimate.time.value == doctest::Approx(seconds));
  CHECK(choice->estimate.high.value == doctest::Approx(seconds * 1.25));
  CHECK(choice->estimate.low == std::max(choice->estimate.time / 1.25, sim::roof_seconds(choice->shape, choice->priced)));
}

TEST_CASE("a causal window by hand") {
  Choosing priced;
  auto shape = shape_of(640, patterns::SlidingWindow{64, 0, true});
  shape.causal = true;
  const auto choice = priced.choose(shape);
  REQUIRE(choice);
  CHECK(choice->estimate.kernel == "sparse-kernel");
  // The first query tile visits its diagonal tile alone, the other nine two tiles each; every tile is partial.
  const double partial = 2.0 * 4096 * 128 / 1000 + 4096.0 / 100 + 0.1 * 4096;
  const double cycles = (10 * 500 + 19 * partial) * 10 / 10;
  CHECK(choice->estimate.time.value == doctest::Approx((cycles + 0.5 * (500 + partial)) / 1e9 + 2e-6).epsilon(0.05));
}

TEST_CASE("the sustained clock and a kernel that is asked for") {
  Choosing priced;
  auto shape = shape_of(640, patterns::Dense{false});
  const auto burst = priced.choose(shape);
  shape.regime = patterns::Regime::kSustained;
  const auto sustained = priced.choose(shape);
  REQUIRE(burst);
  REQUIRE(sustained);
  CHECK(sustained->estimate.time.value - 2e-6 == doctest::Approx(2 * (burst->estimate.time.value - 2e-6)));
  shape.kernel = "sparse-kernel";
  CHECK(priced.choose(shape)->estimate.kernel == "sparse-kernel");
  shape.kernel = "dense-kernel";
  shape.pattern = patterns::SlidingWindow{64, 0, true};
  const auto nobody = priced.choose(shape);
  REQUIRE_FALSE(nobody);
  CHECK(core::exit_code(nobody.error()) == 1);
}

TEST_CASE("times keep their physics: floors, windows, bandwidth, length") {
  rc::check([] {
    Choosing priced;
    // A wider window may turn a masked tile into a full one; without a price on masks wider never means faster.
    priced.machine.kernels.at("sparse-kernel").partial_per_score = 0;
    const auto length = *rc::gen::inRange<std::int64_t>(1, 5000);
    const auto window = *rc::gen::inRange<std::int64_t>(1, length + 1);
    auto shape = shape_of(length, patterns::SlidingWindow{window, *rc::gen::inRange<std::int64_t>(0, 65), true});
    shape.phase = *rc::gen::element(patterns::Phase::kPrefill, patterns::Phase::kDecode);
    if (shape.phase == patterns::Phase::kDecode) shape.q_len = 1;
    shape.kv_heads = *rc::gen::element<std::int64_t>(1, 2, 5, 10);
    shape.kernel = "sparse-kernel";
    const auto choice = priced.choose(shape);
    RC_ASSERT(static_cast<bool>(choice));
    RC_ASSERT(choice->estimate.time >= sim::roof_seconds(choice->shape, choice->priced));
    RC_ASSERT(choice->estimate.low <= choice->estimate.time);

    auto wider = shape;
    std::get<patterns::SlidingWindow>(wider.pattern).window = window + 64;
    RC_ASSERT(priced.choose(wider)->estimate.time.value >= choice->estimate.time.value * (1 - 1e-9));

    Choosing faster;
    faster.machine = priced.machine;
    faster.machine.memory_bandwidth.value.value *= 2;
    RC_ASSERT(faster.choose(shape)->estimate.time <= choice->estimate.time);
  });
}

TEST_CASE("packing a KV group reads K and V once for the group") {
  Choosing priced;
  priced.kernels.at("dense-kernel").row_step = 4;
  auto shape = shape_of(100'000, patterns::Dense{true});
  shape.phase = patterns::Phase::kDecode;
  shape.q_len = 1;
  shape.q_heads = 40;
  shape.kernel = "dense-kernel";
  const auto apart = priced.choose(shape);
  priced.kernels.at("dense-kernel").pack_group = hwmodels::PackGroup::kShort;
  const auto packed = priced.choose(shape);
  REQUIRE(apart);
  REQUIRE(packed);
  CHECK(packed->priced.work.packed);
  CHECK(packed->priced.work.q_tile == 4);
  CHECK(packed->priced.work.heads == 10);
  const auto compute = [](const sim::Choice& choice) {
    return sim::attention_seconds(choice.shape, choice.priced, sim::Effect::kPipeline).value;
  };
  CHECK(compute(*packed) < compute(*apart) / 3);
}
