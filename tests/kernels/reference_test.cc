// SPDX-License-Identifier: Apache-2.0
// The oracle of the kernels, on rows whose answer is known on paper; and the inputs and samples that it is
// used with.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/random.h"
#include "kernels/inputs.h"
#include "kernels/reference.h"
#include "kernels/sampled_rows.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;

const auto kAll = [](std::int64_t) { return true; };

TEST_CASE("two keys: the logistic function") {
  const std::vector<float> query = {2.0f}, keys = {0.5f, -1.0f}, values = {1.0f, 10.0f, 3.0f, -2.0f};
  const auto row = reference_attention(query, keys, values, 2, 0.5, kAll);
  // Scores 0.5 and -1: the first weighs 1 / (1 + e^-1.5).
  const double first = 1 / (1 + std::exp(-1.5));
  CHECK(row.output[0] == doctest::Approx(first * 1 + (1 - first) * 3).epsilon(1e-14));
  CHECK(row.output[1] == doctest::Approx(first * 10 - (1 - first) * 2).epsilon(1e-14));
  CHECK(row.log_sum_exp == doctest::Approx(std::log(std::exp(0.5) + std::exp(-1.0))).epsilon(1e-14));
}

TEST_CASE("equal keys: the mean of the visible values") {
  const std::vector<float> query(13, 0.25f), keys(13 * 6, 1.0f), values = {1, 2, 4, 8, 16, 32};
  const auto row =
      reference_attention(query, keys, values, 6, 1.0, [](std::int64_t key) { return key % 2 == 1; });
  CHECK(row.output[0] == doctest::Approx((2.0 + 8 + 32) / 3).epsilon(1e-14));
  CHECK(row.log_sum_exp == doctest::Approx(13 * 0.25 + std::log(3.0)).epsilon(1e-14));
}

TEST_CASE("large scores neither overflow nor vanish") {
  const std::vector<float> query = {1000.0f}, keys = {10.0f, 9.9f, -10.0f}, values = {1, 2, 3};
  const auto row = reference_attention(query, keys, values, 3, 1.0, kAll);
  const double weight = std::exp(1000 * (static_cast<double>(9.9f) - 10));
  CHECK(row.output[0] == doctest::Approx((1 + 2 * weight) / (1 + weight)));
  CHECK(row.log_sum_exp == doctest::Approx(10000 + std::log1p(weight)));
}

TEST_CASE("no visible key: 0 and -infinity") {
  const std::vector<float> query = {1, 2}, keys = {1, 2, 3, 4}, values = {5, 6, 7, 8, 9, 10};
  const auto row = reference_attention(query, keys, values, 2, 1.0, [](std::int64_t) { return false; });
  CHECK(row.output == std::vector<double>{0, 0, 0});
  CHECK(std::isinf(row.log_sum_exp));
  CHECK(row.log_sum_exp < 0);
}

TEST_CASE("inputs are the documented generator's elements, with one thread or several") {
  std::vector<float> one(200'000), several(200'000);
  core::ThreadPool pool(3);
  fill_normal(42, Tensor::kKeys, 1000, one);
  fill_normal(42, Tensor::kKeys, 1000, several, pool);
  CHECK(one == several);
  for (std::size_t i = 0; i < one.size(); i += 997) {
    CHECK(one[i] == core::random_normal(core::random_bits(42, 2, 1000 + i)));
  }
  std::vector<float> values(1000);
  fill_normal(42, Tensor::kValues, 1000, values);
  CHECK_FALSE(std::equal(values.begin(), values.end(), one.begin()));
}

TEST_CASE("inputs have mean 0 and variance 1") {
  std::vector<float> values(1 << 20);
  fill_normal(7, Tensor::kQueries, 0, values);
  double sum = 0, squares = 0;
  for (const float value : values) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  const auto count = static_cast<double>(values.size());
  CHECK(std::abs(sum / count) < 0.005);
  CHECK(std::abs(squares / count - 1) < 0.005);
}

TEST_CASE("samples: the first and the last row of a tile, others evenly between, none twice") {
  const auto rows = sample_rows({{0, 64, 0}, {640, 3, 64}}, 5);
  std::vector<std::int64_t> tokens, places;
  for (const auto& row : rows) {
    tokens.push_back(row.token);
    places.push_back(row.row);
  }
  CHECK(tokens == std::vector<std::int64_t>{0, 15, 31, 47, 63, 640, 641, 642});
  CHECK(places == std::vector<std::int64_t>{0, 15, 31, 47, 63, 64, 65, 66});
  CHECK(sample_rows({{0, 64, 0}}, 1).size() == 1);
}

}  // namespace
