// SPDX-License-Identifier: Apache-2.0
// A request as the runner answers it: status, check, work, time.
#include "kernels/cpu/attention_run.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "kernel_harness.h"
#include "kernels/cpu/attention_limits.h"
#include "kernels/cpu/cpu_backend.h"
#include "kernels/cpu/peaks.h"
#include "kernels/reference.h"
#include "tests/support/sanitized.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using namespace spanwise::kernels::testing;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 32;

Request request_of(patterns::Case shape) {
  Request request;
  request.shape = std::move(shape);
  request.check = CheckRequest{4};
  return request;
}

Measurement measure(const Request& request, std::uint64_t memory = kPlenty, std::string_view isa = {}) {
  core::ThreadPool pool(2);
  return measure_attention(request, isa, memory, pool);
}

patterns::Case small() {
  auto shape = fp32_case(patterns::SlidingWindow{50, 3, true}, 300, 300, 40);
  shape.q_heads = 4;
  shape.kv_heads = 2;
  return shape;
}

TEST_CASE("a right kernel: check, work and time") {
  auto request = request_of(small());
  request.time = TimeRequest{3, 5.0};  // far more than three runs take, under a sanitizer too
  for (const auto* ops : all_tile_ops()) {
    const auto m = measure(request, kPlenty, ops->isa);
    CHECK(m.message == "");
    REQUIRE(m.status == MeasurementStatus::kOk);
    CHECK(m.kernel == "spanwise-cpu-fp32");
    REQUIRE(m.check);
    CHECK(m.check->accuracy.rows == 4 * 5 * 4);  // heads, tiles, rows of a tile
    CHECK(m.check->accuracy.relative_error > 0);
    CHECK(m.check->accuracy.relative_error <= 2e-6);
    CHECK(m.check->leaked_rows == 0);
    CHECK(m.check->unwritten == 0);
    REQUIRE(m.work);
    CHECK(m.work->q_tiles == 5);
    CHECK(m.work->full_tiles == 0);
    REQUIRE(m.times);
    CHECK(m.times->samples >= 3);
    CHECK(m.times->p05 <= m.times->median);
    CHECK(m.times->median <= m.times->p95);
  }
}

TEST_CASE("without check or time there is neither") {
  auto request = request_of(small());
  request.check.reset();
  const auto m = measure(request);
  CHECK(m.status == MeasurementStatus::kOk);
  CHECK_FALSE(m.check);
  CHECK_FALSE(m.times);
}

TEST_CASE("a damaged output element is found") {
  auto request = request_of(small());
  request.damage_output = true;
  const auto m = measure(request);
  CHECK(m.status == MeasurementStatus::kWrong);
  REQUIRE(m.check);
  CHECK(m.check->accuracy.max_error > 0.1);
  CHECK(m.message != "");
}

TEST_CASE("poison counts what was not written, and a NaN is an infinite error") {
  const auto shape = small();
  core::ThreadPool pool(2);
  KernelHarness kernel(shape, best_tile_ops(core::DType::kFp32), plan_of(shape), 1);
  kernel.run();
  auto output = kernel.output();
  const std::span<float> part(output.data(), 41);
  poison(part);
  CHECK(count_poison(output) == 41);
  const ComputedRows computed{kernel.computed().rows, output, kernel.log_sum_exp()};
  const auto accuracy = compare_with_reference(shape, kernel.all_rows(), computed, pool);
  CHECK(std::isinf(accuracy.relative_error));
  CHECK(std::isinf(accuracy.max_error));
  CHECK_FALSE(passes({accuracy, 0, 0}, 2e-6));
}

TEST_CASE("a wrong log-sum-exp alone is an error") {
  const auto shape = small();
  core::ThreadPool pool(2);
  KernelHarness kernel(shape, best_tile_ops(core::DType::kFp32), plan_of(shape), 1);
  kernel.run();
  auto lse = kernel.log_sum_exp();
  lse[5] += 0.01f;
  const ComputedRows computed{kernel.computed().rows, kernel.output(), lse};
  const auto accuracy = compare_with_reference(shape, kernel.all_rows(), computed, pool);
  CHECK(accuracy.relative_error <= 2e-6);
  CHECK(accuracy.max_error > 1e-3);
}

TEST_CASE("a check passes on its bars only") {
  CHECK(passes({{1, 2e-6, 2e-6}, 0, 0}, 2e-6));
  CHECK_FALSE(passes({{1, 2.1e-6, 0}, 0, 0}, 2e-6));
  CHECK_FALSE(passes({{1, 0, 2.1e-6}, 0, 0}, 2e-6));
  CHECK_FALSE(passes({{1, 0, 0}, 1, 0}, 2e-6));
  CHECK_FALSE(passes({{1, 0, 0}, 0, 1}, 2e-6));
  CHECK(error_bar(core::DType::kFp32) == 2e-6);
  CHECK(error_bar(core::DType::kBf16) == 5e-3);
}

TEST_CASE("what the kernel cannot do is unsupported, with the reason") {
  const auto reason = [](const std::function<void(patterns::Case&)>& change) {
    auto request = request_of(small());
    change(request.shape);
    const auto m = measure(request);
    CHECK(m.status == MeasurementStatus::kUnsupported);
    return m.message;
  };
  using patterns::Case;
  CHECK(reason([](Case& c) { c.dtype = core::DType::kFp8; }) == "dtypes are fp32, bf16 and fp16, not fp8");
  CHECK(reason([](Case& c) { c.kv_dtype = core::DType::kFp8; }) == "kv_dtype is fp8, but must be the dtype, fp32");
  CHECK(reason([](Case& c) { c.page = 48; }) == "pages are of 16, 32 or a multiple of 64 tokens, not 48");
  CHECK(reason([](Case& c) { c.batch = 2, c.q_lens = {1}; }) ==
        "ragged batches need a length for each of 2 sequences");
  CHECK(reason([](Case& c) { c.tiling = patterns::Tiling::kStatic; }) ==
        "static tiling is not supported, only flat");
  CHECK(reason([](Case& c) { c.head_dim = 257; }) == "head_dim and head_dim_v are at most 256");
  CHECK(reason([](Case& c) { c.head_dim_v = 300; }) == "head_dim and head_dim_v are at most 256");
  CHECK(reason([](Case& c) { c.q_tile = {128}; }) == "tiles are 64 queries by 64 keys");
  CHECK(reason([](Case& c) { c.kernel = "fa3"; }) ==
        "kernel 'fa3' does not run fp32, this runner has spanwise-cpu-fp32");
  CHECK(reason([](Case& c) { c.params = R"({"a":1})"; }) == "unknown key 'a' in 'params' (allowed: sink_logits, lists)");
  CHECK(reason([](Case& c) { c.kv_len = c.q_len = (1 << 24) + 1; }).find("leak check") != std::string::npos);
}

TEST_CASE("pages, ragged batches, sink logits and cold caches are right in every dtype") {
  for (const auto dtype : kCpuDtypes) {
    auto decode = fp32_case(patterns::Dense{true}, 1, 700, 80);
    decode.dtype = decode.kv_dtype = dtype;
    decode.batch = 3, decode.q_heads = 6, decode.kv_heads = 2;
    for (const std::int64_t page : {16, 32, 64, 192}) {
      decode.page = page;
      CHECK(measure(request_of(decode)).status == MeasurementStatus::kOk);
    }
    auto ragged = fp32_case(patterns::SlidingWindow{90, 2, true}, 300, 300, 48);
    ragged.dtype = ragged.kv_dtype = dtype;
    ragged.batch = 4, ragged.q_heads = 2;
    ragged.q_lens = {300, 1, 65, 17}, ragged.kv_lens = {300, 200, 65, 1};
    ragged.params = R"({"sink_logits":true})";
    const auto m = measure(request_of(ragged));
    CHECK(m.status == MeasurementStatus::kOk);
    REQUIRE(m.work);
    CHECK(m.work->q_tiles == 5 + 1 + 2 + 1);
  }
  auto cold = request_of(small());
  cold.shape.cache = patterns::Cache::kCold;
  cold.time = TimeRequest{1, 0};
  CHECK(measure(cold).times);
}

TEST_CASE("a sink logit takes its share of the softmax") {
  // Against the sum written out: o = sum(e^s v) / (e^z + sum(e^s)).
  ReferenceRow row{{2.0, -1.0}, std::log(3.0)};
  add_sink_logit(std::log(2.0), row);
  CHECK(row.log_sum_exp == doctest::Approx(std::log(5.0)));
  CHECK(row.output[0] == doctest::Approx(2.0 * 3 / 5));
  ReferenceRow unseen{{0.0}, -std::numeric_limits<double>::infinity()};
  add_sink_logit(0.5, unseen);
  CHECK(unseen.log_sum_exp == doctest::Approx(0.5));
  CHECK(unseen.output[0] == 0);
}

TEST_CASE("a tile beyond the queries is an error") {
  auto request = request_of(small());
  request.q_tiles = {0, 5};
  const auto m = measure(request);
  CHECK(m.status == MeasurementStatus::kError);
  CHECK(m.message == "q_tiles names tile 5, but the case has 5 query tiles of 64 tokens");
}

TEST_CASE("memory is estimated before it is taken") {
  auto request = request_of(fp32_case(patterns::Dense{false}, std::int64_t{1} << 33, 64, 128));
  auto m = measure(request);
  CHECK(m.status == MeasurementStatus::kOutOfMemory);
  CHECK(m.message.find("80 %") != std::string::npos);
  // Sampled tiles of the same case are small.
  request.q_tiles = {0, 1 << 20};
  m = measure(request);
  CHECK(m.status == MeasurementStatus::kOk);
  // The estimate holds K, V, Q, O and log-sum-exp at least.
  auto bare = request_of(fp32_case(patterns::Dense{false}, 640, 640, 64));
  bare.check.reset();
  const auto needed = static_cast<std::uint64_t>(memory_needed(bare, best_tile_ops(core::DType::kFp32)));
  CHECK(needed >= 640 * (4 * 64 + 1) * 4);
  CHECK(needed <= 640 * (4 * 64 + 1) * 4 * 11 / 10);
  CHECK(measure(bare, needed - 1).status == MeasurementStatus::kOutOfMemory);
  CHECK(measure(bare, needed).status == MeasurementStatus::kOutOfMemory);  // no room for the plan
  CHECK(measure(bare, needed + 100 * sizeof(TileVisit)).status == MeasurementStatus::kOk);
}

TEST_CASE("rows of 32k keys keep the error bar, on sampled tiles") {
  for (const bool causal : {false, true}) {
    const std::int64_t length = spanwise::testing::kSanitized ? 4096 : 32768;
    auto request = request_of(fp32_case(patterns::Dense{causal}, length, length, 128));
    request.q_tiles = {0, length / 128 - 1, length / 64 - 1};
    for (const auto* ops : all_tile_ops()) {
      const auto m = measure(request, kPlenty, ops->isa);
      CHECK(m.status == MeasurementStatus::kOk);
      REQUIRE(m.check);
      MESSAGE(std::string(ops->isa) << std::string(causal ? " causal" : " dense")
                                    << ", " << length << " keys: relative error " << m.check->accuracy.relative_error
                                    << ", largest " << m.check->accuracy.max_error);
    }
  }
}

TEST_CASE("a decode row of 128k keys keeps the error bar") {
  auto shape = fp32_case(patterns::Dense{true}, 1, spanwise::testing::kSanitized ? 16384 : 131072, 128);
  shape.q_heads = 4;
  shape.kv_heads = 1;
  for (const auto* ops : all_tile_ops()) {
    const auto m = measure(request_of(shape), kPlenty, ops->isa);
    CHECK(m.status == MeasurementStatus::kOk);
    REQUIRE(m.check);
    MESSAGE(std::string(ops->isa) << ", " << shape.kv_len << " keys: relative error " << m.check->accuracy.relative_error
                                  << ", largest " << m.check->accuracy.max_error);
  }
}

TEST_CASE("the backend knows its operators and refuses others") {
  CpuBackend backend({}, 2);
  CHECK(backend.hello().device.kind == "cpu");
  CHECK(backend.hello().device.identity.size() == 16);
  CHECK(backend.hello().build.size() == 16);
  CHECK(backend.hello().device.memory_bytes > 0);
  Request request;
  request.time = TimeRequest{1, 0.0};
  for (const auto op : kPeakOps) {
    request.shape.op = op;
    for (const char* params : {"{}", R"({"threads":1})"}) {
      request.shape.params = params;
      const auto m = backend.measure(request);
      CHECK(m.status == MeasurementStatus::kOk);
      CHECK(m.times.has_value());
      CHECK(m.rate.has_value() == (op != "launch"));
      if (m.rate) CHECK(m.rate->value > 1e6);
    }
  }
  request.shape.params = R"({"threads":0})";
  CHECK(backend.measure(request).status == MeasurementStatus::kUnsupported);
  request.shape.op = "lunch";
  const auto m = backend.measure(request);
  CHECK(m.status == MeasurementStatus::kUnsupported);
  CHECK(m.message.find("did you mean 'launch'") != std::string::npos);
}

}  // namespace
