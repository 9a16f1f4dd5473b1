// SPDX-License-Identifier: Apache-2.0
#include "sim/pass_price.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "sim/model_size.h"
#include "sim/operators.h"
#include "tests/support/sample_layer.h"
#include "tests/support/sample_machine.h"

using namespace spanwise;

namespace {

struct PricedPasses {
  hwmodels::Machine machine = testing::sample_machine();
  std::map<std::string, hwmodels::KernelModel> kernels = testing::sample_kernels();
  sim::CountCache counts;
  sim::Pricing pricing{&machine, &kernels, &counts};
};

sim::Workload workload(const std::string& yaml) {
  const auto document = documents::parse_yaml("{" + yaml + "}", "workload");
  documents::Context context("workload");
  const auto read = sim::read_workload(document->root, context);
  const auto errors = context.ok() ? core::Diagnostics{} : context.take();
  CHECK_MESSAGE(errors.empty(), (errors.empty() ? "" : errors.front().message));
  return read;
}

const sim::AttentionSpec kSpec{8, 2, 64, 64, true, {}};

core::Result<sim::Choice> price(PricedPasses& p, const sim::Workload& w, const patterns::Pattern& rule) {
  return sim::price_passes(kSpec, core::DType::kBf16, w, rule, kSpec.kv_heads, {}, p.pricing);
}

}  // namespace

TEST_CASE("passes cover the workload") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200; ++i) {
    const auto tokens = 1 + static_cast<std::int64_t>(random() % 5000);
    const auto chunk = 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(tokens));
    const auto prefill = workload(fmt::format("name: a, phase: prefill, tokens: {}, chunk: {}", tokens, chunk));
    double passes = 0;
    for (const auto& pass : prefill.passes()) passes += pass.times;
    CHECK(passes == static_cast<double>((tokens + chunk - 1) / chunk));
    CHECK(prefill.passes().back().kv_len == tokens);
    CHECK(prefill.passes().back().q_len == prefill.q_len);
    const auto grow = workload(fmt::format("name: a, phase: decode, tokens: {}, new_tokens: {}", tokens, chunk));
    double steps = 0, seen = 0;
    for (const auto& pass : grow.passes()) {
      steps += pass.times;
      seen += pass.times * static_cast<double>(pass.kv_len);
    }
    CHECK(steps == static_cast<double>(chunk));
    // The mean of tokens .. tokens + chunk - 1; a sample stands in the middle of its part, rounded down.
    CHECK(std::abs(seen / steps - (static_cast<double>(tokens) + static_cast<double>(chunk - 1) / 2)) <= 0.5);
    for (const auto& w : {prefill, grow}) CHECK(workload(sim::to_yaml(w)) == w);
  }
  for (const auto* text : {"name: a, phase: prefill, lengths: [5, 7, 7]", "name: a, phase: prefill, tokens: 4x6, extra_tokens: 3, batch: 2, steps: 9, dense_steps: 2",
                           "name: a, phase: prefill, tokens: 64, q_len: 16", "name: a, phase: decode, lengths: [1, 9]"}) {
    CHECK(workload(sim::to_yaml(workload(text))) == workload(text));
  }
}

TEST_CASE("workloads have short names for people") {
  CHECK(workload("name: a, phase: prefill, tokens: 65536, chunk: 8192").label() == "prefill 64k by 8k, b1");
  CHECK(workload("name: a, phase: decode, tokens: 65536, new_tokens: 512, batch: 4").label() == "decode 64k +512, b4");
  CHECK(workload("name: a, phase: decode, lengths: [900, 60000]").label() == "decode to 60000, b2");
}

TEST_CASE("chunks together see the pairs of the whole prefill") {
  PricedPasses p;
  const auto chunked = workload("name: a, phase: prefill, tokens: 3000, chunk: 250");
  core::Count pairs = 0;
  for (const auto& pass : chunked.passes()) {
    const auto choice = sim::choose_kernel(sim::attention_case(kSpec, core::DType::kBf16, chunked, pass, patterns::Dense{true}, 2), p.pricing);
    REQUIRE(choice);
    REQUIRE(pass.times == 1);
    pairs += choice->priced.work.counts->pairs;
  }
  CHECK(pairs == 3000 * 3001 / 2);
}

TEST_CASE("a ragged batch of equal lengths is a batch, and a mixed one lies between its ends") {
  PricedPasses p;
  for (const std::string phase : {"prefill", "decode"}) {
    for (const patterns::Pattern& rule : {patterns::Pattern(patterns::Dense{true}), patterns::Pattern(patterns::SlidingWindow{300, 4, true})}) {
      const auto equal = price(p, workload("name: a, phase: " + phase + ", lengths: [2000, 2000, 2000]"), rule);
      const auto batch = price(p, workload("name: a, phase: " + phase + ", tokens: 2000, batch: 3"), rule);
      if (!equal) FAIL(equal.error().front().message);
      REQUIRE(batch);
      CHECK(equal->estimate.time.value == doctest::Approx(batch->estimate.time.value));
      CHECK(equal->priced.work.counts->pairs == 3 * batch->priced.work.counts->pairs);
      const auto mixed = price(p, workload("name: a, phase: " + phase + ", lengths: [500, 2000, 1000]"), rule);
      REQUIRE(mixed);
      CHECK(mixed->estimate.time <= equal->estimate.time);
      CHECK(mixed->estimate.time >= price(p, workload("name: a, phase: " + phase + ", tokens: 500, batch: 3"), rule)->estimate.time);
    }
  }
}

TEST_CASE("latent attention is expanded in prefill and absorbed in decode") {
  const sim::AttentionSpec latent{128, 1, 192, 128, true, {512, 64, 1536}};
  const auto prefill = workload("name: a, phase: prefill, tokens: 4096");
  const auto decode = workload("name: a, phase: decode, tokens: 4096");
  const auto wide = sim::attention_case(latent, core::DType::kBf16, prefill, prefill.passes().back(), patterns::Dense{true}, 1);
  CHECK(wide.q_heads == 128);
  CHECK(wide.kv_heads == 128);
  CHECK(wide.head_dim == 192);
  const auto narrow = sim::attention_case(latent, core::DType::kBf16, decode, decode.passes().back(), patterns::Dense{true}, 1);
  CHECK(narrow.q_heads == 128);
  CHECK(narrow.kv_heads == 1);
  CHECK(narrow.head_dim == 576);
  CHECK(narrow.head_dim_v == 512);
}

TEST_CASE("windows, boxes and cross attention are priced as they run") {
  PricedPasses p;
  sim::Model model;
  auto full = testing::sample_layer(kSpec, 512, 1024), sliding = full, blocks = full, cross = full;
  sliding.mixing = sim::Mixing::kSliding;
  sliding.window = 256;
  blocks.mixing = sim::Mixing::kBlocks;
  blocks.block = {512};
  cross.cross = {77, 8, 64, 512};
  model.layers = {full, sliding, blocks, cross};
  const auto w = workload("name: a, phase: prefill, tokens: 4096");
  const auto times = sim::unplanned_attention(model, w, p.pricing);
  REQUIRE(times);
  CHECK((*times)[0].value == 0);
  CHECK((*times)[1].value == doctest::Approx(price(p, w, patterns::SlidingWindow{256, 0, true})->estimate.time.value));
  CHECK((*times)[2].value == doctest::Approx(price(p, workload("name: a, phase: prefill, tokens: 512, batch: 8"), patterns::Dense{true})->estimate.time.value));
  CHECK((*times)[3].value > 0);
  CHECK((*times)[3] < price(p, w, patterns::Dense{true})->estimate.time);

  p.machine.kernels.erase("sparse-kernel");  // nobody skips what a window hides: dense with a mask
  const auto masked = sim::unplanned_attention(model, w, p.pricing);
  REQUIRE(masked);
  CHECK((*masked)[1].value == doctest::Approx(price(p, w, patterns::Dense{true})->estimate.time.value));
}

TEST_CASE("experts that tokens go through") {
  CHECK(sim::experts_touched(128, 8, 1) == doctest::Approx(8));
  CHECK(sim::experts_touched(128, 8, 1e6) == doctest::Approx(128));
  std::mt19937_64 random(3);
  double touched = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {  // 5 tokens, each through 4 different of 32 experts
    std::vector<bool> seen(32, false);
    for (int token = 0; token < 5; ++token) {
      std::vector<int> order(32);
      for (int i = 0; i < 32; ++i) order[static_cast<std::size_t>(i)] = i;
      std::shuffle(order.begin(), order.end(), random);
      for (std::size_t i = 0; i < 4; ++i) seen[static_cast<std::size_t>(order[i])] = true;
    }
    touched += static_cast<double>(std::count(seen.begin(), seen.end(), true));
  }
  CHECK(sim::experts_touched(32, 4, 5) == doctest::Approx(touched / kTrials).epsilon(0.02));
}

TEST_CASE("caches hold what layers see") {
  sim::Model model;
  auto full = testing::sample_layer(kSpec, 512, 1024), sliding = full;
  sliding.mixing = sim::Mixing::kSliding;
  sliding.window = 100;
  model.layers = {full, sliding};
  const auto w = workload("name: a, phase: decode, tokens: 1000, batch: 3");
  CHECK(sim::cache_bytes(model, w).value == 3 * (1000 + 100) * 2 * 128 * 2);
  model.layers[0].attention.latent = {512, 64, 0};
  model.layers[0].attention.kv_heads = 1;
  CHECK(sim::cache_bytes(model, w).value == 3 * (1000 * 576 + 100 * 2 * 128) * 2);
}
