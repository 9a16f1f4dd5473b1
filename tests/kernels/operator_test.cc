// SPDX-License-Identifier: Apache-2.0
// The operators of selectors against brute force that shares no code with them.
#include "kernels/cpu/operator_run.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cpu/cpu_backend.h"
#include "kernels/cpu/selection_ops.h"
#include "kernels/cpu/tile_ops.h"
#include "kernels/cpu/top_k.h"
#include "tests/support/sanitized.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 32;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

patterns::Case parsed(const std::string& json) {
  const auto shape = patterns::parse_case(json);
  REQUIRE_MESSAGE(shape, (shape ? "" : shape.error().front().message));
  return *shape;
}

// Repeated search for the best that is left.
std::vector<std::int32_t> brute_top(const std::vector<float>& scores, std::size_t keep) {
  std::vector<bool> taken(scores.size());
  for (std::size_t round = 0; round < keep; ++round) {
    std::size_t best = scores.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (taken[i] || !(scores[i] > -kInfinity)) continue;
      if (best == scores.size() || scores[i] > scores[best]) best = i;
    }
    if (best < scores.size()) taken[best] = true;
  }
  std::vector<std::int32_t> picked;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (taken[i]) picked.push_back(static_cast<std::int32_t>(i));
  }
  picked.resize(keep, -1);
  return picked;
}

// Rows as selectors make them and rows that are hard: ties, hidden columns, NaN, both zeros, sorted either way.
std::vector<float> hard_row(std::mt19937& random, std::size_t size) {
  std::vector<float> row(size);
  const auto kind = random() % 6;
  for (std::size_t i = 0; i < size; ++i) {
    const auto draw = static_cast<float>(random() % 100000) * 1e-3f - 50;
    row[i] = kind == 0   ? draw
             : kind == 1 ? std::floor(draw / 25)
             : kind == 2 ? static_cast<float>(i)
             : kind == 3 ? -static_cast<float>(i)
             : kind == 4 ? (random() % 2 == 0 ? 0.0f : -0.0f)
                         : draw;
    if (kind == 5 && random() % 3 == 0) row[i] = random() % 2 == 0 ? -kInfinity : std::numeric_limits<float>::quiet_NaN();
  }
  return row;
}

TEST_CASE("top-k picks what repeated search picks, on every instruction set") {
  std::mt19937 random(1);
  for (const auto isa : runnable_isas()) {
    CAPTURE(isa);
    for (int round = 0; round < 400; ++round) {
      const std::size_t size = 1 + random() % (round % 4 == 0 ? 3000 : 120);
      const std::size_t keep = 1 + random() % (round % 2 == 0 ? std::min<std::size_t>(size, 40) : size);
      const auto row = hard_row(random, size);
      TopK top(selection_ops(isa), static_cast<std::int64_t>(keep), static_cast<std::int64_t>(size));
      std::vector<std::int32_t> picked(keep + 1, -7);
      top.pick(row, picked.data());
      REQUIRE(picked.back() == -7);
      picked.pop_back();
      REQUIRE(picked == brute_top(row, keep));
    }
  }
}

TEST_CASE("the best column of k-means is the first of the largest") {
  std::mt19937 random(2);
  for (const auto isa : runnable_isas()) {
    for (int round = 0; round < 300; ++round) {
      std::vector<float> scores(1 + random() % 70), offsets;
      for (auto& score : scores) score = static_cast<float>(random() % 9), offsets.push_back(static_cast<float>(random() % 3));
      std::size_t best = 0;
      for (std::size_t i = 1; i < scores.size(); ++i) {
        if (scores[i] - offsets[i] > scores[best] - offsets[best]) best = i;
      }
      const auto found = selection_ops(isa).best(scores.data(), offsets.data(), scores.size());
      CHECK(found.index == static_cast<std::int32_t>(best));
      CHECK(found.value == scores[best] - offsets[best]);
    }
  }
}

std::string random_case(std::mt19937& random, const std::string& op) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const int kv_heads = 1 + below(3), group = 1 + below(4) * below(30), kv_len = 1 + below(400), q_len = 1 + below(kv_len);
  const int dim = 1 + below(160);
  const char* dtypes[] = {"fp32", "bf16", "fp16"};
  const std::string tensor = below(2) == 0 ? "keys" : "queries";
  const int tokens = tensor == "keys" ? kv_len : q_len;
  const char* combines[] = {"mean", "max", "softmax", "relu_sum"};
  const std::string blocks = "\"q_block\": " + std::to_string(1 + below(20)) + ", \"kv_block\": " + std::to_string(1 + below(3));
  std::string params = "\"of\": \"" + tensor + "\"";
  if (op == "block_pool") params += ", \"block\": " + std::to_string(1 + below(90)) + ", \"how\": \"" + (below(2) == 0 ? "mean" : "max") + "\"";
  if (op == "gather" || op == "scatter") params += ", \"keep\": " + std::to_string(1 + below(tokens));
  if (op == "kmeans_assign") params += ", \"centroids\": " + std::to_string(1 + below(300));
  if (op == "index_score") params = blocks + ", \"combine\": \"" + combines[below(4)] + "\"";
  if (op == "topk") params = blocks + ", \"k\": " + std::to_string(1 + below((kv_len + 2) / 3));
  const bool causal = (op == "topk" || op == "index_score") && below(2) == 0;
  return "{\"op\": \"" + op + "\", \"batch\": " + std::to_string(1 + below(2)) + ", \"kv_heads\": " + std::to_string(kv_heads) + ", \"q_heads\": " +
         std::to_string(kv_heads * group) + ", \"q_len\": " + std::to_string(q_len) + ", \"kv_len\": " + std::to_string(kv_len) +
         ", \"head_dim\": " + std::to_string(dim) + ", \"dtype\": \"" + dtypes[below(3)] + "\", \"seed\": " + std::to_string(below(1000)) +
         (causal ? ", \"causal\": true" : "") + ", \"params\": {" + params + "}}";
}

TEST_CASE("every operator is right on random shapes, the same on any number of threads, and a damaged one is wrong") {
  std::mt19937 random(3);
  core::ThreadPool one(1), three(3);
  for (const auto& op : patterns::operator_names()) {
    for (std::uint64_t round = 0; round < spanwise::testing::random_cases(24); ++round) {
      const auto json = random_case(random, op);
      CAPTURE(json);
      Request request;
      request.shape = parsed(json);
      request.check = CheckRequest{6};
      const auto isas = runnable_isas();
      const auto isa = isas[static_cast<std::size_t>(round) % isas.size()];
      CAPTURE(isa);
      const auto m = measure_operator(request, isa, kPlenty, one);
      CAPTURE(m.message);
      REQUIRE(m.status == MeasurementStatus::kOk);
      CHECK(m.check->accuracy.rows > 0);
      CHECK(m.kernel == "spanwise-cpu-" + op);
      request.damage_output = true;
      CHECK(measure_operator(request, isa, kPlenty, one).status == MeasurementStatus::kWrong);

      const auto shape = patterns::operator_shape(request.shape);
      REQUIRE(shape);
      const auto first = make_operator({request.shape, *shape, isa, one}), second = make_operator({request.shape, *shape, isa, three});
      first->poison(), second->poison();
      first->run(one), second->run(three);
      const auto a = first->output_bytes(), b = second->output_bytes();
      REQUIRE(a.size() == b.size());
      CHECK(std::memcmp(a.data(), b.data(), a.size()) == 0);
      // What nobody computed is found.
      first->poison();
      const auto nothing = first->compare(2);
      CHECK((nothing.unwritten > 0 || nothing.leaked_rows > 0));
    }
  }
}

TEST_CASE("rows of one score whose terms cancel do not fail a right kernel") {
  core::ThreadPool pool(2);
  Request request;
  request.shape = parsed(R"({"op": "index_score", "q_len": 8192, "kv_heads": 4, "q_heads": 16, "dtype": "fp32", "causal": true, "params": {"q_block": 64, "kv_block": 64}})");
  request.check = CheckRequest{2};
  for (const auto isa : runnable_isas()) CHECK(measure_operator(request, isa, kPlenty, pool).status == MeasurementStatus::kOk);
}

TEST_CASE("what cannot run is refused before anything is allocated") {
  core::ThreadPool pool(1);
  Request request;
  request.shape = parsed(R"({"op": "index_score", "q_len": 1000000, "kv_len": 1000000})");
  CHECK(measure_operator(request, {}, kPlenty, pool).status == MeasurementStatus::kOutOfMemory);
  request.shape = parsed(R"({"op": "kmeans_assign", "kv_len": 10, "head_dim": 300, "params": {"centroids": 2}})");
  CHECK(measure_operator(request, {}, kPlenty, pool).status == MeasurementStatus::kUnsupported);
  request.shape = parsed(R"({"op": "permute", "kv_len": 10, "dtype": "fp8"})");
  CHECK(measure_operator(request, {}, kPlenty, pool).status == MeasurementStatus::kUnsupported);
  request.shape.params = R"({"k": 3})";
  CHECK(measure_operator(request, {}, kPlenty, pool).message == "unknown key 'k' in 'params'");
}

TEST_CASE("the runner offers the operators and times them") {
  CpuBackend backend({}, 2);
  const auto& ops = backend.hello().ops;
  for (const auto& op : patterns::operator_names()) CHECK(std::find(ops.begin(), ops.end(), op) != ops.end());
  Request request;
  request.shape = parsed(R"({"op": "topk", "q_len": 5, "kv_len": 300, "cache": "cold", "params": {"k": 7}})");
  request.time = TimeRequest{2, 0.01};
  const auto m = backend.measure(request);
  CHECK(m.status == MeasurementStatus::kOk);
  REQUIRE(m.times);
  CHECK(m.times->samples >= 1);
}

}  // namespace
