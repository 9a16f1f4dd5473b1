// SPDX-License-Identifier: Apache-2.0
#include "measure/fit_correction.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "core/statistics.h"
#include "measure/smoothness.h"
#include "sim/correction.h"

namespace spanwise::measure {
namespace {

using hwmodels::ShapePoint;

constexpr double kCoverage = 0.91;  // of leave-one-out residuals, for 90 % of rows that were never seen
constexpr double kLeastSpread = 0.01;
// Leave-one-out errors flatter a small table, since constants, scale and noise were chosen on it too: 60 rows get
// intervals half as wide again. An assumption, checked by docs/accuracy.md.
constexpr double kFewRows = 30;

double square_distance(const ShapePoint& a, const ShapePoint& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

Eigen::MatrixXd nearnesses(const std::vector<ShapePoint>& a, const std::vector<ShapePoint>& b, const ShapePoint& scales) {
  const auto over = sim::per_scale(scales);
  Eigen::MatrixXd k(static_cast<Eigen::Index>(a.size()), static_cast<Eigen::Index>(b.size()));
  for (std::size_t j = 0; j < b.size(); ++j) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      k(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = sim::nearness(a[i], b[j], over);
    }
  }
  return k;
}

std::vector<ShapePoint> in_scales(std::vector<ShapePoint> points, const ShapePoint& scales) {
  for (auto& point : points) {
    for (std::size_t i = 0; i < point.size(); ++i) point[i] /= scales[i];
  }
  return points;
}

struct Fit {
  std::vector<ShapePoint> knots;
  Eigen::VectorXd weights;
  Eigen::VectorXd left_out;  // residual of each row under the fit without it
};

struct Rows {
  std::vector<ShapePoint> points;
  Eigen::VectorXd target;

  Fit fit(const Smoothness& smooth, std::size_t most_knots) const {
    Fit result;
    for (const auto i : spread_out(in_scales(points, smooth.scales), most_knots)) result.knots.push_back(points[i]);
    const Eigen::MatrixXd rows = nearnesses(points, result.knots, smooth.scales);
    Eigen::MatrixXd normal = nearnesses(result.knots, result.knots, smooth.scales);
    normal.diagonal().array() += 1e-6;
    normal *= smooth.noise;
    normal.noalias() += rows.transpose() * rows;
    const Eigen::LLT<Eigen::MatrixXd> solver(normal);
    result.weights = solver.solve(rows.transpose() * target);
    const Eigen::MatrixXd half = solver.matrixL().solve(rows.transpose());
    const Eigen::VectorXd leverage = half.colwise().squaredNorm();
    result.left_out = (target - rows * result.weights).array() / (1.0 - leverage.array()).max(1e-3);
    return result;
  }
};

// 90 % quantile of |left out| with weights by nearness.
double local_spread(const ShapePoint& at, const std::vector<ShapePoint>& points, const std::vector<double>& sizes,
                    const std::vector<std::size_t>& ascending, const ShapePoint& scales) {
  const auto over = sim::per_scale(scales);
  double total = 0;
  std::vector<double> weights(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    weights[i] = sim::sharpened(sim::nearness(at, points[i], over)) + 1e-3;
    total += weights[i];
  }
  double sum = 0;
  for (const auto i : ascending) {
    sum += weights[i];
    if (sum >= 0.9 * total) return std::max(sizes[i], kLeastSpread);
  }
  return kLeastSpread;
}

void fill_spreads(hwmodels::Correction& correction, const std::vector<ShapePoint>& points, const Eigen::VectorXd& left_out) {
  std::vector<double> sizes(points.size());
  std::vector<std::size_t> ascending(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    sizes[i] = std::abs(left_out[static_cast<Eigen::Index>(i)]);
    ascending[i] = i;
  }
  std::sort(ascending.begin(), ascending.end(), [&](std::size_t a, std::size_t b) { return std::tie(sizes[a], a) < std::tie(sizes[b], b); });
  for (auto& knot : correction.knots) knot.spread = local_spread(knot.at, points, sizes, ascending, correction.scales);
  std::vector<double> ratios;
  const auto over = sim::per_scale(correction.scales);
  for (std::size_t i = 0; i < points.size(); ++i) {
    double spread = 0, weights = 0;
    for (const auto& knot : correction.knots) {
      const double w = sim::sharpened(sim::nearness(points[i], knot.at, over));
      spread += w * knot.spread;
      weights += w;
    }
    ratios.push_back(sizes[i] * weights / spread);
  }
  const double widen = core::quantile(ratios, kCoverage) * (1.0 + kFewRows / static_cast<double>(points.size()));
  for (auto& knot : correction.knots) knot.spread = std::max(kLeastSpread, knot.spread * widen);
}

hwmodels::Correction fit_family(const std::vector<const Residual*>& family, std::size_t most_knots) {
  const auto& first = family.front()->shape;
  hwmodels::Correction c;
  c.phase = first.phase;
  c.pattern = hwmodels::pattern_kind(first.pattern);
  c.head_dim = first.head_dim;
  c.dtype = first.dtype;
  c.kv_dtype = first.kv_dtype;
  c.rows = static_cast<std::int64_t>(family.size());
  Rows rows;
  rows.target.resize(static_cast<Eigen::Index>(family.size()));
  for (std::size_t i = 0; i < family.size(); ++i) {
    rows.points.push_back(family[i]->at);
    rows.target[static_cast<Eigen::Index>(i)] = family[i]->log_ratio;
  }
  const auto& points = rows.points;
  c.low = c.high = points.front();
  for (const auto& point : points) {
    for (std::size_t i = 0; i < point.size(); ++i) {
      c.low[i] = std::min(c.low[i], point[i]);
      c.high[i] = std::max(c.high[i], point[i]);
    }
  }
  const auto smooth = likely_smoothness(points, {rows.target.begin(), rows.target.end()});
  const auto fit = rows.fit(smooth, most_knots);
  c.scales = smooth.scales;
  for (std::size_t j = 0; j < fit.knots.size(); ++j) c.knots.push_back({fit.knots[j], fit.weights[static_cast<Eigen::Index>(j)], 0});
  fill_spreads(c, points, fit.left_out);
  return c;
}

}  // namespace

std::vector<std::size_t> spread_out(const std::vector<ShapePoint>& points, std::size_t count) {
  if (points.empty() || count == 0) return {};
  ShapePoint mean{};
  for (const auto& point : points) {
    for (std::size_t i = 0; i < point.size(); ++i) mean[i] += point[i] / static_cast<double>(points.size());
  }
  std::vector<std::size_t> chosen;
  std::vector<double> distance(points.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (square_distance(points[i], mean) < square_distance(points[next], mean)) next = i;
  }
  std::fill(distance.begin(), distance.end(), std::numeric_limits<double>::infinity());
  while (chosen.size() < count) {
    chosen.push_back(next);
    for (std::size_t i = 0; i < points.size(); ++i) distance[i] = std::min(distance[i], square_distance(points[i], points[next]));
    next = static_cast<std::size_t>(std::max_element(distance.begin(), distance.end()) - distance.begin());
    if (distance[next] <= 1e-9) break;
  }
  return chosen;
}

std::vector<hwmodels::Correction> fit_corrections(const std::vector<Residual>& residuals, std::size_t most_knots) {
  using Key = std::tuple<patterns::Phase, std::string, std::int64_t, core::DType, core::DType>;
  std::map<Key, std::vector<const Residual*>> families;
  for (const auto& r : residuals) {
    const auto& s = r.shape;
    families[{s.phase, hwmodels::pattern_kind(s.pattern), s.head_dim, s.dtype, s.kv_dtype}].push_back(&r);
  }
  std::vector<hwmodels::Correction> corrections;
  for (const auto& [key, family] : families) {
    if (family.size() >= kFamilyRows) corrections.push_back(fit_family(family, most_knots));
  }
  return corrections;
}

}  // namespace spanwise::measure
