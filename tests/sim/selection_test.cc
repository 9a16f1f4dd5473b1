// SPDX-License-Identifier: Apache-2.0
#include "sim/selection.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/sample_machine.h"

namespace {

using namespace spanwise;
using namespace spanwise::sim;

patterns::Case attention(const std::string& pattern, const std::string& more = R"("q_len": 32768)") {
  const auto shape = patterns::parse_case(R"({"q_heads": 32, "kv_heads": 8, "dtype": "bf16", "pattern": )" + pattern + ", " + more + "}");
  REQUIRE_MESSAGE(shape, (shape ? "" : shape.error().front().message));
  return *shape;
}

std::string ops_of(const patterns::Case& shape) {
  std::string text;
  for (const auto& step : selection_steps(shape, testing::sample_machine())) text += (text.empty() ? "" : " ") + step.op;
  return text;
}

constexpr const char* kBlocks = R"({"routed": {"unit_size": 64, "q_block": 64, "keep": {"top_k": 16}, "causal": true}})";

TEST_CASE("a pattern that is known beforehand selects nothing") {
  for (const auto* pattern : {R"({"sliding_window": {"window": 512}})", R"({"block_mask": {"block": 64, "random": {"density": 0.1, "seed": 1}}})", R"({"dense": {"causal": true}})"}) {
    CHECK(ops_of(attention(pattern)).empty());
    CHECK(selection_seconds(attention(pattern), testing::sample_machine()).value == 0);
  }
}

TEST_CASE("selectors are chains of operators") {
  CHECK(ops_of(attention(kBlocks)) == "block_pool block_pool index_score topk");
  // Pooled keys are kept beside the cache; every query picks for itself.
  CHECK(ops_of(attention(R"({"routed": {"unit_size": 64, "keep": {"top_k": 16}, "causal": true}})", R"("phase": "decode", "kv_len": 32768)")) == "index_score topk");
  CHECK(ops_of(attention(R"({"routed": {"unit": "token", "unit_size": 1, "keep": {"top_k": 2048}, "shared_by": "layer", "causal": true}})")) == "index_score topk");
  CHECK(ops_of(attention(R"({"routed": {"unit": "cluster", "unit_size": 256, "q_block": 64, "keep": {"density": 0.1}}})")) == "kmeans_assign index_score topk");
  CHECK(ops_of(attention(R"({"routed": {"unit_size": 64, "q_block": 64, "keep": {"top_k": 9999}}})")) == "block_pool block_pool index_score");  // keeps all
  CHECK(ops_of(attention(std::string(R"({"union": [)") + kBlocks + R"(, {"sliding_window": {"window": 512}}]})")) == "block_pool block_pool index_score topk");
  CHECK(ops_of(attention(R"({"pyramid": {"block": 64, "levels": [{"pool": 1, "share": 0.1}]}})")) == "block_pool block_pool index_score topk");
}

TEST_CASE("an indexer that a layer shares has one list, selections by head have as many as heads") {
  const auto machine = testing::sample_machine();
  const auto indexer = selection_steps(attention(R"({"routed": {"unit": "token", "unit_size": 1, "keep": {"top_k": 2048}, "shared_by": "layer", "causal": true}})"), machine);
  CHECK(patterns::operator_shape(indexer.front())->lists == 1);
  CHECK(patterns::operator_shape(indexer.front())->heads == 64);
  const auto heads = selection_steps(attention(R"({"routed": {"unit_size": 64, "q_block": 64, "keep": {"top_k": 16}, "shared_by": "head"}})"), machine);
  CHECK(patterns::operator_shape(heads.back())->lists == 32);
}

TEST_CASE("time follows the formula, is never below the bytes, and longer sequences cost more") {
  auto machine = testing::sample_machine();
  const auto topk = *patterns::parse_case(R"({"op": "topk", "q_len": 1000, "kv_len": 4000, "params": {"k": 16}})");
  const double bytes = 4.0 * 1000 * (4000 + 16);
  const double assumed = machine.launch.value.value + bytes / (machine.memory_bandwidth.value.value * machine.stream_share.value);
  CHECK(operator_seconds(topk, machine).value == doctest::Approx(assumed));
  machine.operators["topk"] = {core::Seconds{2e-6}, 0.5, 100, 2, 3, 0.1, {}};
  const double rows = std::ceil(1000 / machine.processors.value);
  const double wanted = 2e-6 + bytes / (machine.memory_bandwidth.value.value * 0.5) + rows * (100 + 4000 * 2 + 16 * 3) / machine.clock_burst.value.value;
  CHECK(operator_seconds(topk, machine).value == doctest::Approx(wanted));
  double before = 0;
  for (const auto* n : {"4096", "16384", "65536", "1048576", "1073741824"}) {
    const double now = selection_seconds(attention(kBlocks, std::string("\"q_len\": ") + n), machine).value;
    CHECK(now > before);
    before = now;
  }
}

}  // namespace
