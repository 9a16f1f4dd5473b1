// SPDX-License-Identifier: Apache-2.0
// The whole kernel against float64 with brute-force masks, on both instruction sets.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "kernel_harness.h"
#include "tests/patterns/random_cases.h"
#include "tests/support/sanitized.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using namespace spanwise::kernels::testing;
using patterns::Case;

// Returns the worst error.
double check_case(const Case& shape) {
  double worst = 0;
  const double bar = shape.dtype == core::DType::kFp32 ? 2e-6 : 5e-3;  // docs: kernel error
  const auto mask = oracle::mask_of(shape);
  for (const auto* ops : tile_ops_for(shape.dtype)) {
    const std::string isa(ops->isa);
    CAPTURE(isa);
    KernelHarness kernel(shape, *ops, plan_of(shape), 2);
    kernel.run();
    CHECK(count_poison(kernel.output()) == 0);
    CHECK(count_poison(kernel.log_sum_exp()) == 0);
    const auto accuracy = kernel.accuracy(mask);
    CHECK(accuracy.rows == shape.batch * shape.q_heads * shape.q_len);
    CHECK(accuracy.relative_error <= bar);
    CHECK(accuracy.max_error <= bar);
    worst = std::max({worst, accuracy.relative_error, accuracy.max_error});
    kernel.run_leak_probe();
    CHECK(kernel.leaked_rows() == 0);
  }
  return worst;
}

Case dense(std::int64_t q_len, std::int64_t kv_len, std::int64_t dim, bool causal = false) {
  return fp32_case(patterns::Dense{causal}, q_len, kv_len, dim);
}

TEST_CASE("random patterns, lengths, heads and head dimensions are within the error bar") {
  double worst = 0;
  for (std::uint64_t index = 0; index < spanwise::testing::random_cases(120); ++index) {
    oracle::Dice dice(oracle::test_seed() + 100, index);
    Case shape = oracle::random_case(oracle::test_seed() + 200, index);
    shape.dtype = shape.kv_dtype = core::DType::kFp32;
    shape.head_dim = dice.one_in(3) ? dice.roll(1, 256) : dice.roll(1, 96);
    shape.head_dim_v = dice.one_in(2) ? shape.head_dim : dice.roll(1, 128);
    shape.kv_heads = dice.roll(1, 2);
    shape.q_heads = shape.kv_heads * (dice.one_in(2) ? 1 : dice.roll(1, 5));
    shape.batch = dice.roll(1, 2);
    shape.seed = index;
    CAPTURE(patterns::to_json(shape));
    CAPTURE(shape.head_dim);
    CAPTURE(shape.q_heads);
    worst = std::max(worst, check_case(shape));
  }
  MESSAGE("largest error of the random cases: " << worst);
}

TEST_CASE("random cases in bf16 and fp16 are within the error bar") {
  double worst = 0;
  for (std::uint64_t index = 0; index < spanwise::testing::random_cases(40); ++index) {
    oracle::Dice dice(oracle::test_seed() + 500, index);
    Case shape = oracle::random_case(oracle::test_seed() + 600, index);
    shape.dtype = shape.kv_dtype = dice.one_in(2) ? core::DType::kBf16 : core::DType::kFp16;
    shape.head_dim = dice.one_in(3) ? dice.roll(1, 256) : dice.roll(1, 96);
    shape.head_dim_v = dice.one_in(2) ? shape.head_dim : dice.roll(1, 128);
    shape.kv_heads = dice.roll(1, 2);
    shape.q_heads = shape.kv_heads * (dice.one_in(2) ? 1 : dice.roll(1, 5));
    shape.seed = index;
    CAPTURE(patterns::to_json(shape));
    worst = std::max(worst, check_case(shape));
  }
  MESSAGE("largest error of the random cases: " << worst);
}

TEST_CASE("head dimensions that fill vectors, panels or neither") {
  for (const std::int64_t dim : {1, 2, 7, 8, 15, 16, 17, 33, 64, 80, 96, 127, 128, 192, 255, 256}) {
    CAPTURE(dim);
    check_case(dense(70, 131, dim));
    auto other = dense(65, 64, 256 - dim + 1, true);
    other.head_dim_v = dim;
    check_case(other);
  }
}

TEST_CASE("lengths around a tile") {
  for (const std::int64_t length : {1, 2, 63, 64, 65, 127, 128, 129, 200}) {
    CAPTURE(length);
    check_case(dense(length, length, 32, true));
    check_case(dense(5, length, 32));
    check_case(dense(length, 1, 32));
  }
}

TEST_CASE("heads share keys: groups of every size, packed into one tile or not") {
  for (const std::int64_t group : {1, 2, 3, 4, 8, 64, 65}) {
    for (const std::int64_t q_len : {1, 2, 9, 64, 100}) {
      auto shape = dense(q_len, 150, 16, true);
      shape.kv_heads = 2;
      shape.q_heads = 2 * group;
      CAPTURE(group);
      CAPTURE(q_len);
      check_case(shape);
    }
  }
}

// Vertical lines, which the plan gathers, among diagonals, which it does not.
Case columns_and_diagonals(core::DType dtype, std::int64_t length) {
  patterns::VerticalSlash pattern;
  pattern.columns = {{0, 3, 17, 64, 65, 130, 131, 199, 255, 300, 301, 302, 390}, 13};
  pattern.diagonals = {{0, 1, 40, 200}, 4};
  auto shape = fp32_case(pattern, length, length, 40);
  shape.dtype = shape.kv_dtype = dtype;
  shape.head_dim_v = 72;
  shape.q_heads = 4;
  shape.kv_heads = 2;
  return shape;
}

TEST_CASE("keys from many tiles are gathered, in every dtype, form and page") {
  for (const auto dtype : {core::DType::kFp32, core::DType::kBf16, core::DType::kFp16}) {
    for (const std::int64_t length : spanwise::testing::kSanitized ? std::vector<std::int64_t>{400} : std::vector<std::int64_t>{400, 777}) {
      for (const std::int64_t page : {0, 16, 64, 128}) {
        if (spanwise::testing::kSanitized && page > 16) continue;
        auto shape = columns_and_diagonals(dtype, length);
        shape.page = page;
        shape.batch = 2;
        CHECK_FALSE(plan_of(shape).gathered.empty());
        check_case(shape);
      }
    }
  }
}

TEST_CASE("windows with sinks and rows before the first key") {
  for (const std::int64_t window : {1, 64, 100}) {
    for (const std::int64_t sinks : {0, 3, 70}) {
      check_case(fp32_case(patterns::SlidingWindow{window, sinks, true}, 300, 300, 24));
      // 50 queries lie before the first key and see nothing.
      check_case(fp32_case(patterns::SlidingWindow{window, sinks, true}, 250, 200, 24));
    }
  }
}

TEST_CASE("a row that sees no key gives 0 and -infinity") {
  const auto shape =
      fp32_case(patterns::Dense{true}, 100, 40, 16);  // the first 60 queries lie before the first key
  for (const auto* ops : all_tile_ops()) {
    KernelHarness kernel(shape, *ops, plan_of(shape), 1);
    kernel.run();
    for (std::size_t row = 0; row < 100; ++row) {
      CAPTURE(row);
      CHECK(std::isinf(kernel.log_sum_exp()[row]) == (row < 60));
      for (std::size_t i = 0; i < 16; ++i) CHECK((kernel.output()[row * 16 + i] == 0.0f) == (row < 60));
    }
  }
}

TEST_CASE("one visible key returns its value exactly") {
  const auto shape = fp32_case(patterns::SlidingWindow{1, 0, true}, 130, 130, 40);
  for (const auto* ops : all_tile_ops()) {
    KernelHarness kernel(shape, *ops, plan_of(shape), 1);
    kernel.run();
    for (std::int64_t row = 0; row < 130; ++row) {
      for (std::int64_t i = 0; i < 40; ++i) {
        const auto& layout = kernel.values().layout();
        const auto* chunk = reinterpret_cast<const float*>(kernel.values().chunk(0, row / 16));
        const float value = chunk[i / 16 * layout.panel + row % 16 * 16 + i % 16];
        CHECK(kernel.output()[static_cast<std::size_t>(row * 40 + i)] == value);
      }
    }
  }
}

TEST_CASE("neighborhoods over two and three axes, with stride, dilation and extra tokens") {
  auto image = fp32_case(patterns::Neighborhood{{6, 5}, {2, 3}, {2, 1}, {false, true}}, 13 * 17, 13 * 17, 48);
  image.tokens = {13, 17};
  check_case(image);
  auto video = fp32_case(patterns::Neighborhood{{3, 4, 5}, {1, 2, 4}, {1, 2, 1}, {false, false, false}},
                         5 * 8 * 9 + 37, 5 * 8 * 9 + 37, 64);
  video.tokens = {5, 8, 9};
  check_case(video);
}

TEST_CASE("the number of threads changes no bit") {
  auto shape = fp32_case(patterns::SlidingWindow{200, 10, true}, 700, 700, 72);
  shape.q_heads = 6;
  shape.kv_heads = 2;
  shape.batch = 2;
  for (const auto* ops : all_tile_ops()) {
    KernelHarness one(shape, *ops, plan_of(shape), 1);
    one.run();
    for (const int threads : {2, 3}) {
      KernelHarness several(shape, *ops, plan_of(shape), threads);
      several.run();
      CHECK(one.output() == several.output());
      CHECK(one.log_sum_exp() == several.log_sum_exp());
    }
  }
}

TEST_CASE("some query tiles give the same bits as all") {
  auto shape = fp32_case(patterns::Dense{true}, 1000, 1000, 64);
  shape.q_heads = shape.kv_heads = 2;
  const std::vector<std::int64_t> tiles = {0, 7, 15};
  for (const auto* ops : all_tile_ops()) {
    KernelHarness all(shape, *ops, plan_of(shape), 2);
    KernelHarness some(shape, *ops, plan_of(shape, tiles), 2);
    all.run();
    some.run();
    const auto rows = some.computed().rows;
    REQUIRE(rows == 64 + 64 + 40);
    for (std::int64_t head = 0; head < 2; ++head) {
      for (const auto& row : some.all_rows()) {
        const auto from = static_cast<std::size_t>((head * rows + row.row) * 64);
        const auto whole = static_cast<std::size_t>((head * 1000 + row.token) * 64);
        CHECK(std::equal(some.output().begin() + static_cast<std::ptrdiff_t>(from),
                         some.output().begin() + static_cast<std::ptrdiff_t>(from + 64),
                         all.output().begin() + static_cast<std::ptrdiff_t>(whole)));
      }
    }
  }
}

}  // namespace
