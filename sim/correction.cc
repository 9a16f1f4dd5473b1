// SPDX-License-Identifier: Apache-2.0
#include "sim/correction.h"

#include <algorithm>
#include <cmath>

#include "sim/split_rule.h"

namespace spanwise::sim {
namespace {

// Each doubling beyond the fitted box widens the interval by half of its width there; an assumption.
constexpr double kWidenPerDoubling = 0.5;
// A family that was never fitted has the constants alone, at twice their error; an assumption.
constexpr double kOtherFamily = 2.0;

}  // namespace

hwmodels::ShapePoint shape_point(const patterns::Case& shape, const PricedKernel& priced) {
  const auto doublings = [](std::int64_t n) { return std::log2(static_cast<double>(n)); };
  const double q = doublings(shape.q_len), kv = doublings(shape.kv_len), batch = doublings(shape.batch);
  const double heads = doublings(shape.q_heads), kv_heads = doublings(shape.kv_heads);
  const auto& work = priced.work;
  const double group = work.packed ? static_cast<double>(shape.q_heads) / static_cast<double>(shape.kv_heads) : 1.0;
  const double items = work.heads * std::ceil(static_cast<double>(shape.q_len) * group / static_cast<double>(work.q_tile));
  const double slots = priced.machine->processors.value * static_cast<double>(priced.kernel->split_slots);
  const auto parts = static_cast<double>(dense_parts(shape, priced));
  const double waves = items * parts / slots;
  const double bytes = static_cast<double>(shape.batch * (shape.head_dim + shape.head_dim_v)) *
                       (static_cast<double>(shape.q_heads * shape.q_len) * core::bytes_of(shape.dtype) +
                        static_cast<double>(shape.kv_heads * shape.kv_len) * core::bytes_of(shape.kv_dtype));
  return {q + kv + batch + heads, q, kv, batch, kv_heads, heads - kv_heads, std::log2(parts), std::log2(std::ceil(waves) / waves), std::log2(bytes)};
}

double nearness(const hwmodels::ShapePoint& a, const hwmodels::ShapePoint& b, const hwmodels::ShapePoint& per_scale) {
  double square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double distance = (a[i] - b[i]) * per_scale[i];
    square += distance * distance;
  }
  const double r = std::sqrt(3.0 * square);
  return (1.0 + r) * std::exp(-r);
}

hwmodels::ShapePoint per_scale(hwmodels::ShapePoint scales) {
  for (auto& scale : scales) scale = 1.0 / scale;
  return scales;
}

double sharpened(double nearness) {
  const double second = nearness * nearness, fourth = second * second;
  return fourth * fourth * fourth * fourth + 1e-12;
}

bool same_family(const hwmodels::Correction& c, const patterns::Case& shape) {
  return c.phase == shape.phase && c.head_dim == shape.head_dim && c.dtype == shape.dtype &&
         c.kv_dtype == shape.kv_dtype && c.pattern == hwmodels::pattern_kind(shape.pattern);
}

Corrected correct(const patterns::Case& shape, const PricedKernel& priced) {
  const auto& constants = *priced.constants;
  Corrected result;
  result.width = std::log1p(constants.error_90);
  if (constants.corrections.empty()) return result;
  const auto found = std::find_if(constants.corrections.begin(), constants.corrections.end(),
                                  [&](const hwmodels::Correction& c) { return same_family(c, shape); });
  if (found == constants.corrections.end()) {
    result.width *= kOtherFamily;
    result.outside = true;
    return result;
  }
  const auto point = shape_point(shape, priced);
  auto inside = point;
  double beyond = 0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    inside[i] = std::clamp(point[i], found->low[i], found->high[i]);
    beyond += std::abs(point[i] - inside[i]);
  }
  const auto over = per_scale(found->scales);
  double log_factor = 0, spread = 0, weights = 0;
  for (const auto& knot : found->knots) {
    const double k = nearness(inside, knot.at, over);
    log_factor += knot.weight * k;
    const double w = sharpened(k);
    spread += w * knot.spread;
    weights += w;
  }
  result.factor = std::exp(log_factor);
  result.width = spread / weights * (1.0 + kWidenPerDoubling * beyond);
  result.outside = beyond > 1e-3;
  return result;
}

}  // namespace spanwise::sim
