// SPDX-License-Identifier: Apache-2.0
// The operations of one tile against float64, on every instruction set and dtype that this processor has.
#include "kernels/cpu/tile_ops.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/random.h"
#include "kernels/cpu/aligned_buffer.h"
#include "kernels/cpu/attention_limits.h"
#include "kernels/cpu/packed_tiles.h"
#include "kernels/cpu/peak_ops.h"
#include "kernels/rounding.h"

namespace {

using namespace spanwise;
using namespace spanwise::kernels;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float random_value(std::uint64_t stream, std::uint64_t index) {
  return core::random_normal(core::random_bits(5, stream, index));
}

std::vector<const TileOps*> all_ops() {
  std::vector<const TileOps*> all;
  for (const auto dtype : kCpuDtypes) {
    for (const auto* ops : tile_ops_for(dtype)) all.push_back(ops);
  }
  return all;
}

// AMX needs its tiles set up.
struct Session {
  const TileOps& ops;
  explicit Session(const TileOps& used) : ops(used) {
    if (ops.begin != nullptr) ops.begin();
  }
  ~Session() {
    if (ops.end != nullptr) ops.end();
  }
};

patterns::Case shape_of(const TileOps& ops, std::int64_t keys, std::int64_t dim) {
  patterns::Case shape;
  shape.q_len = shape.kv_len = keys;
  shape.head_dim = shape.head_dim_v = dim;
  shape.dtype = shape.kv_dtype = ops.dtype;
  return shape;
}

// Random rows of queries or weights, as the operations read them.
AlignedBuffer<float> left_rows(const TileOps& ops, int rows, int columns, std::uint64_t stream) {
  AlignedBuffer<float> buffer(kQueryTile * kRowStride);
  std::fill_n(buffer.data(), buffer.size(), 0.0f);
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < columns; ++i) {
      const float value = random_value(stream, static_cast<std::uint64_t>(row * 1000 + i));
      float* words = buffer.data() + row * kRowStride;
      if (ops.form == Form::kRows) {
        words[i] = value;
      } else {
        const auto half = bf16_of(value);
        std::memcpy(reinterpret_cast<char*>(words) + 2 * i, &half, 2);
      }
    }
  }
  return buffer;
}

double left_value(const TileOps& ops, int row, int i, std::uint64_t stream) {
  const float value = random_value(stream, static_cast<std::uint64_t>(row * 1000 + i));
  return static_cast<double>(ops.form == Form::kRows ? value : rounded_to(core::DType::kBf16, value));
}

// Element of K or V of the first head, as inputs.h makes it.
double right_value(const patterns::Case& shape, std::uint64_t stream, std::int64_t key, std::int64_t i) {
  const auto index = static_cast<std::uint64_t>(key * shape.head_dim + i);
  return static_cast<double>(
      rounded_to(shape.dtype, core::random_normal(core::random_bits(shape.seed, stream, index))));
}

TEST_CASE("every processor has the plain operations of every dtype") {
  for (const auto dtype : kCpuDtypes) CHECK(tile_ops_for(dtype).back()->isa == "x86-64");
  CHECK(runnable_isas().back() == "x86-64");
  CHECK(best_tile_ops(core::DType::kFp32, "x86-64").isa == "x86-64");
  CHECK(&best_tile_ops(core::DType::kBf16) == tile_ops_for(core::DType::kBf16).front());
}

TEST_CASE("exp2 is accurate, exactly 1 at 0, 0 below -100") {
  constexpr std::size_t kCount = 1 << 18;
  AlignedBuffer<float> x(kCount), y(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    // Dense near 0, where most weights are, and everywhere down to the floor.
    const double part = static_cast<double>(i) / kCount;
    x.data()[i] = static_cast<float>(i % 2 == 0 ? -100.0 * part : -2.0 * part);
  }
  for (const auto* ops : all_ops()) {
    const std::string isa(ops->isa);
    CAPTURE(isa);
    ops->exp2(x.data(), y.data(), kCount);
    double worst = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double exact = std::exp2(static_cast<double>(x.data()[i]));
      worst = std::max(worst, std::abs(static_cast<double>(y.data()[i]) / exact - 1));
    }
    CHECK(worst <= (ops->form == Form::kRows ? 2e-7 : 1.1e-4));
    CHECK(worst > 1e-9);  // a comparison of something with itself would be 0
  }
}

TEST_CASE("exp2 at its edges") {
  AlignedBuffer<float> x(16), y(16);
  const float values[16] = {0.0f, -0.0f, -100.5f, -1e30f, -kInfinity, std::nanf(""), -1.0f, -64.0f};
  std::copy_n(values, 16, x.data());
  for (const auto* ops : all_ops()) {
    ops->exp2(x.data(), y.data(), 16);
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
  core::ThreadPool pool(1);
  for (const auto* ops : all_ops()) {
    const std::string isa(ops->isa);
    CAPTURE(isa);
    for (const int depth : {1, 3, 16, 80, 128, 256}) {
      const auto shape = shape_of(*ops, 96, depth);
      const auto keys = pack_keys(shape, *ops, pool);
      const int padded = static_cast<int>(padded_depth(shape, *ops));
      for (const int rows : {1, 3, 4, 12, 13, 31}) {
        const auto queries = left_rows(*ops, rows, depth, 1);
        AlignedBuffer<float> scores(kQueryTile * kRowStride);
        std::vector<Chunk> chunks;
        for (int c = 0; c < 6; c += 1) chunks.push_back({keys.chunk(0, c), nullptr});
        const Session session(*ops);
        ops->scores(queries.data(), rows, padded, chunks, scores.data());
        for (int row = 0; row < rows; ++row) {
          for (int key = 0; key < 96; ++key) {
            double exact = 0, size = 0;
            for (int i = 0; i < depth; ++i) {
              const double term = left_value(*ops, row, i, 1) * right_value(shape, 2, key, i);
              exact += term;
              size += std::abs(term);
            }
            CHECK(std::abs(static_cast<double>(scores.data()[row * kRowStride + key]) - exact) <= 1e-6 * size);
          }
        }
      }
    }
  }
}

TEST_CASE("the mask hides exactly the keys whose bit is 0") {
  std::uint64_t words[kQueryTile];
  for (std::size_t row = 0; row < 64; ++row) words[row] = core::mix64(row);
  words[3] = 0;
  words[5] = ~std::uint64_t{0};
  for (const auto* ops : all_ops()) {
    for (const int first_bit : {0, 16, 48}) {
      AlignedBuffer<float> scores(kQueryTile * kRowStride);
      for (std::size_t i = 0; i < scores.size(); ++i) scores.data()[i] = static_cast<float>(i);
      ops->mask(scores.data(), 64, words, first_bit);
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto column = i % kRowStride;
        const bool seen = column >= 16 || (words[i / kRowStride] >> (column + static_cast<unsigned>(first_bit)) & 1) != 0;
        CHECK(scores.data()[i] == (seen ? static_cast<float>(i) : -kInfinity));
      }
    }
  }
}

// A row of weights as floats.
float weight_of(const TileOps& ops, const AlignedBuffer<float>& rows, int row, int key) {
  const float* words = rows.data() + row * kRowStride;
  if (ops.form == Form::kRows) return words[key];
  std::uint16_t half;
  std::memcpy(&half, reinterpret_cast<const char*>(words) + 2 * key, 2);
  return float_of_bf16(half);
}

struct Softmax {
  AlignedBuffer<float> maximum{64}, sum{64}, correction{64};
  Softmax() {
    std::fill_n(maximum.data(), 64, -kInfinity);
    std::fill_n(sum.data(), 64, 0.0f);
  }
};

TEST_CASE("two steps of the online softmax equal the softmax of both strips") {
  constexpr float kScale = 0.7f;
  for (const auto* ops : all_ops()) {
    const std::string isa(ops->isa);
    CAPTURE(isa);
    const double bar = ops->form == Form::kRows ? 2e-6 : 5e-3;
    for (const int keys : {16, 48, 256}) {
      Softmax state;
      AlignedBuffer<float> a(kQueryTile * kRowStride), b(kQueryTile * kRowStride);
      const auto score = [&](int strip, int row, int key) {
        return random_value(static_cast<std::uint64_t>(strip), static_cast<std::uint64_t>(row * 300 + key)) * 3;
      };
      for (int row = 0; row < 32; ++row) {
        for (int key = 0; key < keys; ++key) {
          a.data()[row * kRowStride + key] = score(4, row, key);
          b.data()[row * kRowStride + key] = score(6, row, key);
        }
      }
      ops->softmax(a.data(), 30, keys, kScale, state.maximum.data(), state.sum.data(), state.correction.data());
      for (int row = 0; row < 30; ++row) CHECK(state.correction.data()[row] == 0.0f);
      ops->softmax(b.data(), 30, keys, kScale, state.maximum.data(), state.sum.data(), state.correction.data());
      for (int row = 0; row < 30; ++row) {
        double maximum = -1e30, sum = 0;
        for (int key = 0; key < keys; ++key) {
          maximum = std::max({maximum, static_cast<double>(score(4, row, key) * kScale),
                              static_cast<double>(score(6, row, key) * kScale)});
        }
        CHECK(static_cast<double>(state.maximum.data()[row]) == doctest::Approx(maximum));
        const auto weight = [&](int strip, int key) {
          return std::exp2(static_cast<double>(score(strip, row, key) * kScale) - maximum);
        };
        for (int key = 0; key < keys; ++key) {
          const double first = static_cast<double>(weight_of(*ops, a, row, key) * state.correction.data()[row]);
          CHECK(std::abs(first - weight(4, key)) <= bar * weight(4, key));
          CHECK(std::abs(static_cast<double>(weight_of(*ops, b, row, key)) - weight(6, key)) <= bar * weight(6, key));
          sum += weight(4, key) + weight(6, key);
        }
        CHECK(std::abs(static_cast<double>(state.sum.data()[row]) - sum) <= 4e-6 * sum);
      }
    }
  }
}

TEST_CASE("the correction is exactly 1 where the maximum stays, and hidden rows stay unseen") {
  for (const auto* ops : all_ops()) {
    Softmax state;
    AlignedBuffer<float> scores(kQueryTile * kRowStride);
    const auto fill = [&](float value) {
      std::fill_n(scores.data(), scores.size(), value);
    };
    fill(1.25f);
    std::fill_n(scores.data() + kRowStride, 64, -kInfinity);  // row 1 sees nothing
    ops->softmax(scores.data(), 8, 64, 1.0f, state.maximum.data(), state.sum.data(), state.correction.data());
    CHECK(weight_of(*ops, scores, 0, 63) == 1.0f);
    CHECK(state.sum.data()[0] == 64.0f);
    CHECK(state.maximum.data()[1] == -kInfinity);
    CHECK(state.sum.data()[1] == 0.0f);
    CHECK(weight_of(*ops, scores, 1, 0) == 0.0f);
    fill(0.25f);
    ops->softmax(scores.data(), 8, 64, 1.0f, state.maximum.data(), state.sum.data(), state.correction.data());
    CHECK(state.correction.data()[0] == 1.0f);
    CHECK(state.sum.data()[0] == 96.0f);
    CHECK(state.correction.data()[1] == 0.0f);
    CHECK(state.sum.data()[1] == 64.0f);
  }
}

// AMX leaves rows alone only behind the next multiple.
constexpr int kRoundedRows = 16;

TEST_CASE("accumulate scales the old output and adds weights times values") {
  core::ThreadPool pool(1);
  for (const auto* ops : all_ops()) {
    const std::string isa(ops->isa);
    CAPTURE(isa);
    for (const int dim : {16, 80}) {
      const auto shape = shape_of(*ops, 96, dim);
      const auto values = pack_values(shape, *ops, pool);
      std::vector<Chunk> chunks;
      for (int c = 0; c < 6; ++c) chunks.push_back({nullptr, values.chunk(0, c)});
      for (const int rows : {1, 8, 12, 30}) {
        const auto weights = left_rows(*ops, rows, 96, 6);
        AlignedBuffer<float> output(static_cast<std::size_t>(dim) * kQueryTile), correction(kQueryTile);
        for (std::size_t i = 0; i < output.size(); ++i) output.data()[i] = random_value(9, i);
        for (std::size_t i = 0; i < kQueryTile; ++i) correction.data()[i] = random_value(8, i);
        {
          const Session session(*ops);
          ops->accumulate(weights.data(), rows, chunks, values.layout().panel, dim / 16, correction.data(),
                          output.data());
        }
        for (int i = 0; i < dim * kQueryTile; ++i) {
          const int panel = i / (64 * 16), row = i / 16 % 64, column = i % 16;
          double exact = static_cast<double>(random_value(9, static_cast<std::uint64_t>(i)));
          double size = std::abs(exact);
          if (row >= rows && row < core::ceil_div(rows, kRoundedRows) * kRoundedRows && ops->chunk_step > 1) continue;
          if (row < rows) {
            exact *= static_cast<double>(correction.data()[row]);
            size *= std::abs(static_cast<double>(correction.data()[row]));
            for (int key = 0; key < 96; ++key) {
              const double term = left_value(*ops, row, key, 6) * right_value(shape, 3, key, panel * 16 + column);
              exact += term;
              size += std::abs(term);
            }
          }
          CHECK(std::abs(static_cast<double>(output.data()[i]) - exact) <= 1e-6 * size);
        }
      }
    }
  }
}

TEST_CASE("16-bit values: to the nearest, ties to even, and back") {
  CHECK(rounded_to(core::DType::kBf16, 1.0f + 0x1p-8f) == 1.0f);
  CHECK(rounded_to(core::DType::kBf16, 1.0f + 3 * 0x1p-8f) == 1.0f + 2 * 0x1p-7f);
  CHECK(rounded_to(core::DType::kBf16, 0x1.fffffep127f) == kInfinity);
  CHECK(rounded_to(core::DType::kFp16, 1.0f + 0x1p-11f) == 1.0f);
  CHECK(rounded_to(core::DType::kFp16, 65519.0f) == 65504.0f);
  CHECK(rounded_to(core::DType::kFp16, 65520.0f) == kInfinity);
  CHECK(rounded_to(core::DType::kFp16, 0x1p-24f) == 0x1p-24f);
  CHECK(rounded_to(core::DType::kFp16, 0x1p-25f) == 0.0f);
  CHECK(rounded_to(core::DType::kFp16, -0x1.8p-25f) == -0x1p-24f);
  CHECK(std::isnan(rounded_to(core::DType::kFp16, std::nanf(""))));
  CHECK(std::isnan(rounded_to(core::DType::kBf16, std::nanf(""))));
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7c00) != 0x7c00 || (half & 0x3ff) == 0) REQUIRE(fp16_of(float_of_fp16(half)) == half);
    if ((half & 0x7f80) != 0x7f80 || (half & 0x7f) == 0) REQUIRE(bf16_of(float_of_bf16(half)) == half);
  }
}

TEST_CASE("reading returns the sum of all words") {
  AlignedBuffer<std::uint64_t> words(4096);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words.size(); ++i) sum += words.data()[i] = core::mix64(i);
  for (const auto isa : runnable_isas()) CHECK(peak_ops(isa).read(words.data(), words.size()) == sum);
}

TEST_CASE("the peak loop does the work that it reports") {
  for (const auto isa : runnable_isas()) {
    CHECK(peak_ops(isa).multiply_add(1000) == 1000 * peak_ops(isa).multiply_add(1));
  }
}

}  // namespace
