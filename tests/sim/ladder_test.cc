// SPDX-License-Identifier: Apache-2.0
#include "sim/ladder.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "sim/break_even.h"
#include "sim/remedy.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

TEST_CASE("rungs never fall, end at the estimate and name every effect") {
  rc::check([] {
    const auto machine = testing::sample_machine();
    const auto kernels = testing::sample_kernels();
    sim::CountCache counts;
    const sim::Pricing pricing{&machine, &kernels, &counts};
    patterns::Case shape;
    shape.q_len = shape.kv_len = *rc::gen::inRange<std::int64_t>(1, 4000);
    shape.q_heads = shape.kv_heads = *rc::gen::inRange<std::int64_t>(1, 20);
    shape.causal = true;
    shape.regime = *rc::gen::element(patterns::Regime::kBurst, patterns::Regime::kSustained);
    auto dense = shape;
    dense.pattern = patterns::Dense{true};
    shape.pattern = patterns::SlidingWindow{*rc::gen::inRange<std::int64_t>(1, 1000), 4, true};
    const auto sparse_choice = sim::choose_kernel(shape, pricing);
    const auto dense_choice = sim::choose_kernel(dense, pricing);
    RC_ASSERT(sparse_choice && dense_choice);
    const auto ladder = sim::make_ladder(*sparse_choice, *dense_choice, pricing);
    RC_ASSERT(static_cast<bool>(ladder));
    RC_ASSERT(ladder->rungs.size() == 9u);
    for (std::size_t i = 1; i < ladder->rungs.size(); ++i) {
      RC_ASSERT(ladder->rungs[i].time >= ladder->rungs[i - 1].time);
      RC_ASSERT(ladder->rungs[i].speedup <= ladder->rungs[i - 1].speedup);
      RC_ASSERT(!ladder->rungs[i].reason.empty());
    }
    const double last = ladder->rungs.back().time.value;
    RC_ASSERT(last >= sparse_choice->estimate.time.value * (1 - 1e-12));
    RC_ASSERT(ladder->rungs.back().speedup == ladder->reference.value / last);
  });
}

TEST_CASE("the tile rung is the count's tile ratio when dense and sparse share a kernel") {
  const auto machine = testing::sample_machine();
  auto kernels = testing::sample_kernels();
  kernels.erase("dense-kernel");
  auto alone = machine;
  alone.kernels.erase("dense-kernel");
  alone.kernels.at("sparse-kernel").item_cycles = 0;
  alone.kernels.at("sparse-kernel").partial_per_score = 0;
  alone.kernels.at("sparse-kernel").call = {0};
  sim::CountCache counts;
  const sim::Pricing pricing{&alone, &kernels, &counts};
  patterns::Case shape;
  shape.q_len = shape.kv_len = 64 * 40;
  shape.q_heads = shape.kv_heads = 10;
  shape.pattern = patterns::Dense{false};
  const auto dense = sim::choose_kernel(shape, pricing);
  shape.pattern = patterns::Neighborhood{{64 * 5}, {64}, {1}, {false}};
  const auto sparse = sim::choose_kernel(shape, pricing);
  const auto ladder = sim::make_ladder(*sparse, *dense, pricing);
  REQUIRE(ladder);
  const auto& counted = *sparse->priced.work.counts;
  CHECK(ladder->tile_bound().value() == doctest::Approx(40.0 * 40.0 / core::to_double(counted.kv_tiles)));
  CHECK(ladder->kernel_quality == doctest::Approx(1.0));
}

TEST_CASE("break-even is the first length at which sparse wins") {
  auto machine = testing::sample_machine();
  machine.kernels.at("sparse-kernel").item_cycles = 20'000;  // long starts: short sequences lose
  const auto kernels = testing::sample_kernels();
  sim::CountCache counts;
  const sim::Pricing pricing{&machine, &kernels, &counts};
  patterns::Case shape;
  shape.q_len = shape.kv_len = 1 << 16;
  shape.q_heads = shape.kv_heads = 10;
  shape.causal = true;
  shape.pattern = patterns::SlidingWindow{256, 0, true};
  const auto tokens = sim::break_even_tokens(shape, patterns::Dense{true}, pricing, 1 << 16);
  REQUIRE(tokens);
  const auto time_at = [&](std::int64_t length, patterns::Pattern pattern) {
    auto at = shape;
    at.q_len = at.kv_len = length;
    at.pattern = std::move(pattern);
    return sim::choose_kernel(at, pricing)->estimate.time;
  };
  CHECK(time_at(*tokens, shape.pattern) < time_at(*tokens, patterns::Dense{true}));
  CHECK_FALSE(time_at(*tokens - 64, shape.pattern) < time_at(*tokens - 64, patterns::Dense{true}));
  CHECK_FALSE(sim::break_even_tokens(shape, patterns::Dense{true}, pricing, 512));
}

TEST_CASE("the break-even density is where the scaled pattern meets the dense time") {
  auto machine = testing::sample_machine();
  const auto kernels = testing::sample_kernels();
  sim::CountCache counts;
  patterns::Case shape;
  shape.q_len = shape.kv_len = 8192;
  shape.q_heads = shape.kv_heads = 10;
  shape.causal = true;
  auto reference = shape;
  reference.pattern = patterns::Dense{true};
  reference.kernel = "dense-kernel";
  shape.pattern = patterns::SlidingWindow{1024, 0, true};
  shape.kernel = "sparse-kernel";
  const auto density_with = [&](double matrix) {
    machine.kernels.at("sparse-kernel").matrix = matrix;
    const sim::Pricing pricing{&machine, &kernels, &counts};
    const auto sparse = sim::choose_kernel(shape, pricing), dense = sim::choose_kernel(reference, pricing);
    return sim::break_even_density(*sparse, *dense, pricing);
  };
  // A tile of a kernel of half the rate costs about twice as much, so it must visit about half of them.
  const auto half = density_with(2), third = density_with(3);
  REQUIRE((half && third));
  CHECK(*half == doctest::Approx(0.5).epsilon(0.1));
  CHECK(*third == doctest::Approx(1.0 / 3).epsilon(0.1));
  CHECK(density_with(0.9).value() == 1.0);
  CHECK_FALSE(density_with(1e4));
}

TEST_CASE("a reason names what would remove the loss, and it does") {
  const auto machine = testing::sample_machine();
  const auto kernels = testing::sample_kernels();
  sim::CountCache counts;
  const sim::Pricing pricing{&machine, &kernels, &counts};
  patterns::Case shape;
  shape.q_len = shape.kv_len = 64 * 40;
  shape.q_heads = shape.kv_heads = 10;
  auto dense = shape;
  dense.pattern = patterns::Dense{false};
  shape.pattern = patterns::Neighborhood{{64 * 5}, {1}, {1}, {false}};
  const auto sparse = sim::choose_kernel(shape, pricing), reference = sim::choose_kernel(dense, pricing);
  const auto ladder = sim::make_ladder(*sparse, *reference, pricing);
  REQUIRE(ladder);
  CHECK(ladder->rungs[3].name == "pipeline");
  CHECK(ladder->rungs[3].reason.find("stride 64 would remove them") != std::string::npos);
  shape.pattern = patterns::Neighborhood{{64 * 5}, {64}, {1}, {false}};
  CHECK(sim::partial_share(*sim::choose_kernel(shape, pricing)) == 0.0);
  // Where nothing is left to remove, nothing is proposed.
  CHECK_FALSE(sim::tile_remedy(*sim::choose_kernel(shape, pricing), pricing));
}

TEST_CASE("a memory-bound baseline has no bound from tiles") {
  auto machine = testing::sample_machine();
  machine.memory_bandwidth.value = {1e10};
  const auto kernels = testing::sample_kernels();
  sim::CountCache counts;
  const sim::Pricing pricing{&machine, &kernels, &counts};
  patterns::Case shape;
  shape.phase = patterns::Phase::kDecode;
  shape.q_len = 1;
  shape.kv_len = 1 << 16;
  shape.cache = patterns::Cache::kCold;
  auto dense = shape;
  dense.pattern = patterns::Dense{true};
  shape.pattern = patterns::SlidingWindow{1024, 0, true};
  const auto ladder = sim::make_ladder(*sim::choose_kernel(shape, pricing), *sim::choose_kernel(dense, pricing), pricing);
  REQUIRE(ladder);
  CHECK(ladder->memory_bound);
  CHECK_FALSE(ladder->tile_bound());
}

TEST_CASE("a dense rival alone does not decide a model's number format") {
  auto machine = testing::sample_machine();
  auto kernels = testing::sample_kernels();
  machine.matrix_flop_per_clock[core::DType::kFp8] = machine.matrix_flop_per_clock[core::DType::kBf16];
  kernels.at("dense-kernel").dtypes = {core::DType::kFp8};
  CHECK(sim::priced_dtype(core::DType::kFp8, machine, kernels) == core::DType::kBf16);
  kernels.at("sparse-kernel").dtypes.push_back(core::DType::kFp8);
  CHECK(sim::priced_dtype(core::DType::kFp8, machine, kernels) == core::DType::kFp8);
}
