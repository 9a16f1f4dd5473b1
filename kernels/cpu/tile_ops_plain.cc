// SPDX-License-Identifier: Apache-2.0
// The same tiles in plain C++, for processors without AVX2 and as a second opinion in the tests.
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/cpu/exp2_polynomial.h"
#include "kernels/cpu/tile_ops.h"

namespace spanwise::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Four floats: what every x86-64 handles at once. Without the type the compiler unrolls the short loops and
// then misses the vectors.
typedef float Vector __attribute__((vector_size(16)));
constexpr int kVectors = kPanel / 4;

// block[4][16] = rows[r][0, depth) * panel[depth][16]
void multiply(const float* rows, int stride, int depth, const float* panel,
              float (&block)[kRowGroup][kPanel]) {
  for (int first = 0; first < kRowGroup; first += 2) {  // two rows at a time: eight sums, in registers
    Vector sums[2][kVectors] = {};
    for (std::ptrdiff_t k = 0; k < depth; ++k) {
      const auto* row = reinterpret_cast<const Vector*>(panel + k * kPanel);
      const float a = rows[first * stride + k];
      const float b = rows[(first + 1) * stride + k];
      for (int i = 0; i < kVectors; ++i) {
        sums[0][i] += a * row[i];
        sums[1][i] += b * row[i];
      }
    }
    std::memcpy(block[first], sums, sizeof(sums));
  }
}

void scores_plain(const float* queries, int rows, int depth, const float* k_tile, float* scores) {
  float block[kRowGroup][kPanel];
  for (int column = 0; column < kKeyTile; column += kPanel) {
    for (int row = 0; row < rows; row += kRowGroup) {
      multiply(queries + static_cast<std::ptrdiff_t>(row) * depth, depth, depth,
               k_tile + static_cast<std::ptrdiff_t>(column) * depth, block);
      for (int i = 0; i < kRowGroup; ++i) {
        for (int j = 0; j < kPanel; ++j) scores[(row + i) * kKeyTile + column + j] = block[i][j];
      }
    }
  }
}

void mask_plain(float* scores, int rows, const std::uint64_t* words) {
  for (int row = 0; row < rows; ++row) {
    for (int key = 0; key < kKeyTile; ++key) {
      if ((words[row] >> key & 1) == 0) scores[row * kKeyTile + key] = -kInfinity;
    }
  }
}

float exp2_of(float x) {
  const float shifted = x + kRoundShift;
  const float f = x - (shifted - kRoundShift);
  float p = kExp2Coefficients[4];
  for (int i = 3; i >= 0; --i) p = p * f + kExp2Coefficients[i];
  p = p * f + 1.0f;
  const auto bits = std::bit_cast<std::uint32_t>(p) + (std::bit_cast<std::uint32_t>(shifted) << 23);
  // "Not less than", true for NaN as well, so that a NaN stays one.
  const std::uint32_t keep = x < kExp2Floor ? 0u : ~0u;
  return std::bit_cast<float>(bits & keep);
}

void softmax_plain(float* scores, int rows, float* row_max, float* row_sum, float* correction) {
  for (int row = 0; row < rows; ++row) {
    float* score = scores + row * kKeyTile;
    const float before = row_max[row];
    float best = before;
    for (int key = 0; key < kKeyTile; ++key) best = score[key] > best ? score[key] : best;
    row_max[row] = best;
    // Where no key was seen yet the maximum is -infinity: any finite offset gives weights of 0.
    const float offset = best == -kInfinity ? 0.0f : best;
    correction[row] = exp2_of(before - offset);
    float sums[kPanel] = {};
    for (int key = 0; key < kKeyTile; key += kPanel) {
      for (int j = 0; j < kPanel; ++j) {
        score[key + j] = exp2_of(score[key + j] - offset);
        sums[j] += score[key + j];
      }
    }
    for (int width = kPanel / 2; width > 0; width /= 2) {
      for (int j = 0; j < width; ++j) sums[j] += sums[j + width];
    }
    row_sum[row] = row_sum[row] * correction[row] + sums[0];
  }
}

void accumulate_plain(const float* weights, int rows, const float* v_tile, int panels,
                      const float* correction, float* output) {
  float block[kRowGroup][kPanel];
  for (int panel = 0; panel < panels; ++panel) {
    for (int row = 0; row < rows; row += kRowGroup) {
      multiply(weights + row * kKeyTile, kKeyTile, kKeyTile, v_tile + panel * kKeyTile * kPanel, block);
      float* target = output + (panel * kQueryTile + row) * kPanel;
      for (int i = 0; i < kRowGroup; ++i) {
        for (int j = 0; j < kPanel; ++j) {
          target[i * kPanel + j] = target[i * kPanel + j] * correction[row + i] + block[i][j];
        }
      }
    }
  }
}

void exp2_plain(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] = exp2_of(x[i]);
}

double multiply_add_plain(std::int64_t rounds) {
  constexpr int kChains = 12;  // with the operands they fill the 16 vector registers
  Vector sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = Vector{} + static_cast<float>(i);
  Vector factor = Vector{} + 0.5f;
  Vector term = Vector{} + 1.0f;
  for (std::int64_t round = 0; round < rounds; ++round) {
    // Hides the operands' values, so that the chains are not computed in advance.
    __asm__ volatile("" : "+x"(factor), "+x"(term));
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + term;
  }
  for (int i = 0; i < kChains; ++i) __asm__ volatile("" : : "x"(sums[i]));
  return static_cast<double>(rounds) * kChains * 4 * 2;
}

std::uint64_t read_plain(const std::uint64_t* words, std::size_t count) {
  constexpr std::size_t kChains = 8;
  std::uint64_t sums[kChains] = {};
  for (std::size_t i = 0; i < count; i += kChains) {
    for (std::size_t j = 0; j < kChains; ++j) sums[j] += words[i + j];
  }
  std::uint64_t total = 0;
  for (const auto part : sums) total += part;
  return total;
}

constexpr TileOps kPlain = {"x86-64",         scores_plain, mask_plain,         softmax_plain,
                            accumulate_plain, exp2_plain,   multiply_add_plain, read_plain};

}  // namespace

const TileOps& plain_tile_ops() {
  return kPlain;
}

const TileOps& best_tile_ops() {
  const TileOps* avx2 = avx2_tile_ops();
  return avx2 != nullptr ? *avx2 : kPlain;
}

}  // namespace spanwise::kernels
