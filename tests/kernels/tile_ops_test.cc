// SPDX-License-Identifier: Apache-2.0
// The arithmetic of one tile, each step against double.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/random.h"
#include "kernel_harness.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;
using namespace spanwise::kernels::testing;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

AlignedBuffer<float> random_floats(std::size_t count, std::uint64_t stream) {
  AlignedBuffer<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values.data()[i] = core::random_normal(core::random_bits(5, stream, i));
  return values;
}

TEST_CASE("exp2 is accurate to 2e-7, exactly 1 at 0, 0 below -100") {
  constexpr std::size_t kCount = 1 << 20;
  AlignedBuffer<float> x(kCount), y(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    // Dense near 0, where most weights are, and everywhere down to the floor.
    const double part = static_cast<double>(i) / kCount;
    x.data()[i] = static_cast<float>(i % 2 == 0 ? -100.0 * part : -2.0 * part);
  }
  for (const auto* ops : all_tile_ops()) {
    ops->exp2(x.data(), y.data(), kCount);
    double worst = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double exact = std::exp2(static_cast<double>(x.data()[i]));
      worst = std::max(worst, std::abs(static_cast<double>(y.data()[i]) / exact - 1));
    }
    MESSAGE(std::string(ops->isa) << ": largest relative error of exp2 " << worst);
    CHECK(worst <= 2e-7);
    CHECK(worst > 1e-9);  // a comparison of something with itself would be 0
  }
}

TEST_CASE("exp2 at its edges") {
  AlignedBuffer<float> x(8), y(8);
  const float values[8] = {0.0f, -0.0f, -100.5f, -1e30f, -kInfinity, std::nanf(""), -1.0f, -64.0f};
  std::copy_n(values, 8, x.data());
  for (const auto* ops : all_tile_ops()) {
    ops->exp2(x.data(), y.data(), 8);
    CHECK(y.data()[0] == 1.0f);
    CHECK(y.data()[1] == 1.0f);
    CHECK(y.data()[2] == 0.0f);
    CHECK(y.data()[3] == 0.0f);
    CHECK(y.data()[4] == 0.0f);
    CHECK(std::isnan(y.data()[5]));
    CHECK(y.data()[6] == 0.5f);
    CHECK(y.data()[7] == 0x1p-64f);
  }
}

TEST_CASE("scores are the products of queries and keys") {
  for (const int depth : {1, 3, 16, 80, 128, 256}) {
    for (const int rows : {4, 20, 64}) {
      const auto queries = random_floats(static_cast<std::size_t>(rows * depth), 1);
      const auto keys = random_floats(static_cast<std::size_t>(64 * depth), 2);
      AlignedBuffer<float> scores(64 * 64);
      for (const auto* ops : all_tile_ops()) {
        ops->scores(queries.data(), rows, depth, keys.data(), scores.data());
        for (int row = 0; row < rows; ++row) {
          for (int key = 0; key < 64; ++key) {
            double exact = 0, size = 0;
            for (int i = 0; i < depth; ++i) {
              const double term = static_cast<double>(queries.data()[row * depth + i]) *
                                  static_cast<double>(keys.data()[(key / 16 * depth + i) * 16 + key % 16]);
              exact += term;
              size += std::abs(term);
            }
            CHECK(std::abs(static_cast<double>(scores.data()[row * 64 + key]) - exact) <= 1e-6 * size);
          }
        }
      }
    }
  }
}

TEST_CASE("the mask hides exactly the keys whose bit is 0") {
  AlignedBuffer<std::uint64_t> words(64);
  for (std::size_t row = 0; row < 64; ++row) words.data()[row] = core::mix64(row);
  words.data()[3] = 0;
  words.data()[5] = ~std::uint64_t{0};
  for (const auto* ops : all_tile_ops()) {
    const auto scores = random_floats(64 * 64, 3);
    const auto before = random_floats(64 * 64, 3);
    ops->mask(scores.data(), 64, words.data());
    for (std::size_t i = 0; i < 64 * 64; ++i) {
      const bool seen = (words.data()[i / 64] >> (i % 64) & 1) != 0;
      CHECK(scores.data()[i] == (seen ? before.data()[i] : -kInfinity));
    }
  }
}

struct Softmax {
  AlignedBuffer<float> maximum{64}, sum{64}, correction{64};
  Softmax() {
    std::fill_n(maximum.data(), 64, -kInfinity);
    std::fill_n(sum.data(), 64, 0.0f);
  }
};

TEST_CASE("two steps of the online softmax equal the softmax of both tiles") {
  for (const auto* ops : all_tile_ops()) {
    Softmax state;
    const auto first = random_floats(64 * 64, 4), second = random_floats(64 * 64, 5);
    const auto a = random_floats(64 * 64, 4), b = random_floats(64 * 64, 5);
    ops->softmax(a.data(), 64, state.maximum.data(), state.sum.data(), state.correction.data());
    for (int row = 0; row < 64; ++row) CHECK(state.correction.data()[row] == 0.0f);
    ops->softmax(b.data(), 64, state.maximum.data(), state.sum.data(), state.correction.data());
    for (int row = 0; row < 64; ++row) {
      const float* one = first.data() + row * 64;
      const float* two = second.data() + row * 64;
      const float maximum = std::max(*std::max_element(one, one + 64), *std::max_element(two, two + 64));
      CHECK(state.maximum.data()[row] == maximum);
      double sum = 0;
      for (int key = 0; key < 64; ++key) {
        const double weight = std::exp2(static_cast<double>(one[key]) - static_cast<double>(maximum));
        const double corrected = static_cast<double>(a.data()[row * 64 + key] * state.correction.data()[row]);
        CHECK(std::abs(corrected - weight) <= 1e-6 * weight);
        sum += weight + std::exp2(static_cast<double>(two[key]) - static_cast<double>(maximum));
      }
      CHECK(std::abs(static_cast<double>(state.sum.data()[row]) - sum) <= 1e-6 * sum);
    }
  }
}

TEST_CASE("the correction is exactly 1 where the maximum stays, and hidden rows stay unseen") {
  for (const auto* ops : all_tile_ops()) {
    Softmax state;
    AlignedBuffer<float> scores(64 * 64);
    std::fill_n(scores.data(), 64 * 64, 1.25f);
    std::fill_n(scores.data() + 64, 64, -kInfinity);  // row 1 sees nothing
    ops->softmax(scores.data(), 8, state.maximum.data(), state.sum.data(), state.correction.data());
    CHECK(scores.data()[0] == 1.0f);
    CHECK(state.sum.data()[0] == 64.0f);
    CHECK(state.maximum.data()[1] == -kInfinity);
    CHECK(state.sum.data()[1] == 0.0f);
    CHECK(scores.data()[64] == 0.0f);
    std::fill_n(scores.data(), 64 * 64, 0.25f);
    ops->softmax(scores.data(), 8, state.maximum.data(), state.sum.data(), state.correction.data());
    CHECK(state.correction.data()[0] == 1.0f);
    CHECK(state.sum.data()[0] == 96.0f);
    CHECK(state.correction.data()[1] == 0.0f);
    CHECK(state.sum.data()[1] == 64.0f);
  }
}

TEST_CASE("accumulate scales the old output and adds weights times values") {
  for (const int panels : {1, 5}) {
    const auto weights = random_floats(64 * 64, 6);
    const auto values = random_floats(static_cast<std::size_t>(panels) * 64 * 16, 7);
    const auto correction = random_floats(64, 8);
    for (const auto* ops : all_tile_ops()) {
      const auto output = random_floats(static_cast<std::size_t>(panels) * 64 * 16, 9);
      const auto before = random_floats(static_cast<std::size_t>(panels) * 64 * 16, 9);
      ops->accumulate(weights.data(), 60, values.data(), panels, correction.data(), output.data());
      for (int i = 0; i < panels * 64 * 16; ++i) {
        const int panel = i / (64 * 16), row = i / 16 % 64, column = i % 16;
        double exact = static_cast<double>(before.data()[i]);
        double size = std::abs(exact);
        if (row < 60) {
          exact *= static_cast<double>(correction.data()[row]);
          size *= std::abs(static_cast<double>(correction.data()[row]));
          for (int key = 0; key < 64; ++key) {
            const double term = static_cast<double>(weights.data()[row * 64 + key]) *
                                static_cast<double>(values.data()[(panel * 64 + key) * 16 + column]);
            exact += term;
            size += std::abs(term);
          }
        }
        CHECK(std::abs(static_cast<double>(output.data()[i]) - exact) <= 1e-6 * size);
      }
    }
  }
}

TEST_CASE("reading returns the sum of all words") {
  AlignedBuffer<std::uint64_t> words(4096);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words.size(); ++i) sum += words.data()[i] = core::mix64(i);
  for (const auto* ops : all_tile_ops()) CHECK(ops->read(words.data(), words.size()) == sum);
}

TEST_CASE("the peak loop does the work that it reports") {
  for (const auto* ops : all_tile_ops()) CHECK(ops->multiply_add(1000) == 1000 * ops->multiply_add(1));
}

}  // namespace
