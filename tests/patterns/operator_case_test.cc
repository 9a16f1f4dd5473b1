// SPDX-License-Identifier: Apache-2.0
#include "patterns/operator_case.h"

#include <doctest/doctest.h>

#include <random>

namespace {

using namespace spanwise;
using namespace spanwise::patterns;

OperatorShape shape_of(const std::string& json) {
  const auto value = parse_case(json);
  REQUIRE_MESSAGE(value, (value ? "" : value.error().front().message));
  const auto shape = operator_shape(*value);
  REQUIRE(shape);
  return *shape;
}

std::string error_of(const std::string& json) {
  const auto value = parse_case(json);
  REQUIRE_FALSE(value);
  const auto& error = value.error().front();
  return std::to_string(error.place.column) + " " + error.message + (error.hint.empty() ? "" : " (" + error.hint + ")");
}

TEST_CASE("a row of scores sees the columns that begin no later than its last query") {
  std::mt19937 random(4);
  for (int round = 0; round < 500; ++round) {
    const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    const auto q_len = 1 + below(80), kv_len = 1 + below(80), q_block = 1 + below(12), kv_block = 1 + below(12);
    const auto shape = shape_of("{\"op\": \"index_score\", \"q_len\": " + std::to_string(q_len) + ", \"kv_len\": " + std::to_string(kv_len) +
                                ", \"causal\": true, \"params\": {\"q_block\": " + std::to_string(q_block) + ", \"kv_block\": " +
                                std::to_string(kv_block) + "}}");
    std::int64_t total = 0;
    for (std::int64_t row = 0; row * q_block < q_len; ++row) {
      std::int64_t seen = 0;
      for (std::int64_t column = 0; column * kv_block < kv_len; ++column) {
        bool visible = false;
        for (std::int64_t q = row * q_block; q < std::min((row + 1) * q_block, q_len); ++q) visible |= column * kv_block <= q + kv_len - q_len;
        seen += visible ? 1 : 0;
      }
      REQUIRE(shape.visible(row) == seen);
      total += seen;
    }
    REQUIRE(static_cast<std::int64_t>(shape.visible_total()) == total);
  }
}

TEST_CASE("work is counted from the shape alone, at any length") {
  const auto score = shape_of(R"({"op": "index_score", "q_len": 1024, "kv_heads": 2, "q_heads": 8, "params": {"q_block": 64, "kv_block": 64}})");
  CHECK(score.lists == 2);
  CHECK(score.heads == 4);
  CHECK(operator_work(score, 128, core::DType::kBf16).flops == 2.0 * 8 * 16 * 16 * 128);
  CHECK(operator_work(score, 128, core::DType::kBf16).bytes == (8 * 16 + 2 * 16) * 256.0 + 2 * 16 * 16 * 4);
  const auto gather = shape_of(R"({"op": "gather", "kv_len": 1000, "kv_heads": 3, "q_heads": 3, "head_dim": 64, "params": {"keep": 10}})");
  CHECK(operator_work(gather, 64, core::DType::kBf16).bytes == 30 * (2 * 128 + 4));
  const auto pool = shape_of(R"({"op": "block_pool", "batch": 2, "q_len": 100, "q_heads": 4, "params": {"block": 64, "of": "queries"}})");
  CHECK(pool.lists == 8);
  CHECK(pool.rows == 2);
  const auto huge = shape_of(R"({"op": "topk", "q_len": 1099511627776, "causal": true, "params": {"k": 16, "kv_block": 1024, "q_block": 7}})");
  CHECK(operator_work(huge, 128, core::DType::kBf16).bytes > 1e20);
}

TEST_CASE("params of an operator are strict") {
  CHECK(error_of(R"({"op": "topk", "kv_len": 10})") == "1 'params' needs the key 'k' (add 'k' with its value)");
  CHECK(error_of(R"({"op": "topk", "kv_len": 10, "params": {"k": 11}})") == "46 'params.k' is 11, which is out of range (allowed: from 1 to 10)");
  CHECK(error_of(R"({"op": "gather", "kv_len": 10, "params": {"keep": 3, "off": "keys"}})").find("'off' in 'params'") != std::string::npos);
  CHECK(error_of(R"({"op": "block_pool", "kv_len": 10, "params": {"block": 4, "how": "median"}})").find("'params.how'") != std::string::npos);
  CHECK(error_of(R"({"op": "permute", "kv_len": 4294967296})").find("32 bits") != std::string::npos);
  CHECK(parse_case(R"({"op": "peak_exp", "params": {"threads": 2}})"));  // other operators read theirs themselves
}

}  // namespace
