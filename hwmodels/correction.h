// SPDX-License-Identifier: Apache-2.0
// What measured times leave over after a kernel's constants: a smooth factor over the shape of the dense problem. It never
// looks at the density of a pattern, so that "what if this were sparser" stays monotone.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "patterns/case.h"

namespace spanwise::hwmodels {

// Where the dense problem of a shape lies, in doublings: log2 of batch * q_heads * q_len * kv_len, q_len, kv_len, batch, kv_heads,
// group, of how the kernel hands it out: the parts that it cuts rows into, and slots over items of the waves it takes (0: every wave
// is full), and of the bytes of Q, K, V and O, which a cache holds or not.
inline constexpr std::size_t kShapeAxes = 9;
using ShapePoint = std::array<double, kShapeAxes>;

struct CorrectionKnot {
  ShapePoint at{};
  double weight = 0;  // of the knot's kernel function in the log of the factor
  double spread = 0;  // half width of the 90 % interval near the knot, in the log
};

// The factor of one family of cases. log factor(x) = sum of weight * k(|(x - at) / scales|), with x clamped to the box
// low..high of the fitted shapes and k(r) = (1 + sqrt(3) r) exp(-sqrt(3) r) (Matern 3/2; Rasmussen and Williams, Gaussian
// Processes for Machine Learning, 2006, equation 4.17).
struct Correction {
  patterns::Phase phase = patterns::Phase::kPrefill;
  std::string pattern;  // kind, as KernelModel::patterns
  std::int64_t head_dim = 0;
  core::DType dtype = core::DType::kBf16;
  core::DType kv_dtype = core::DType::kBf16;
  std::int64_t rows = 0;  // measured rows behind it
  ShapePoint scales{};    // of each axis, in doublings: how far a measured row speaks for others (Neal 1996: automatic relevance)
  ShapePoint low{}, high{};
  std::vector<CorrectionKnot> knots;
};

// The word for a pattern's kind in kernel and machine files: dense, sliding_window, ...
std::string pattern_kind(const patterns::Pattern& pattern);

}  // namespace spanwise::hwmodels
