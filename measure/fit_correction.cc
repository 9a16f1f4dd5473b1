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
#include "sim/correction.h"

namespace spanwise::measure {
namespace {

using hwmodels::ShapePoint;

constexpr std::array<double, 4> kScales = {4, 8, 16, 32};                         // doublings
constexpr std::array<double, 4> kNoises = {1.0 / 10, 1.0 / 30, 1.0 / 100, 1.0 / 300};  // noise over signal, variances
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

Eigen::MatrixXd nearnesses(const std::vector<ShapePoint>& a, const std::vector<ShapePoint>& b, double scale) {
  Eigen::MatrixXd k(static_cast<Eigen::Index>(a.size()), static_cast<Eigen::Index>(b.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      k(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = sim::nearness(a[i], b[j], scale);
    }
  }
  return k;
}

struct Fit {
  double scale = 1;
  Eigen::VectorXd weights;
  Eigen::VectorXd left_out;  // residual of each row under the fit without it
  double error = std::numeric_limits<double>::infinity();
};

Fit best_fit(const std::vector<ShapePoint>& points, const std::vector<ShapePoint>& knots, const Eigen::VectorXd& target) {
  Fit best;
  for (const double scale : kScales) {
    const Eigen::MatrixXd rows = nearnesses(points, knots, scale);
    Eigen::MatrixXd prior = nearnesses(knots, knots, scale);
    prior.diagonal().array() += 1e-6;
    const Eigen::MatrixXd gram = rows.transpose() * rows;
    for (const double noise : kNoises) {
      const Eigen::MatrixXd solved = (gram + noise * prior).ldlt().solve(rows.transpose());
      const Eigen::VectorXd weights = solved * target;
      const Eigen::VectorXd leverage = rows.cwiseProduct(solved.transpose()).rowwise().sum();
      const Eigen::VectorXd left_out =
          (target - rows * weights).array() / (1.0 - leverage.array()).max(1e-3);
      const double error = left_out.cwiseAbs().mean();
      if (error < best.error) best = {scale, weights, left_out, error};
    }
  }
  return best;
}

// 90 % quantile of |left out| with weights by nearness.
double local_spread(const ShapePoint& at, const std::vector<ShapePoint>& points, const std::vector<double>& sizes,
                    const std::vector<std::size_t>& ascending, double scale) {
  double total = 0;
  std::vector<double> weights(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    weights[i] = sim::sharpened(sim::nearness(at, points[i], scale)) + 1e-3;
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
  for (auto& knot : correction.knots) knot.spread = local_spread(knot.at, points, sizes, ascending, correction.scale);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < points.size(); ++i) {
    double spread = 0, weights = 0;
    for (const auto& knot : correction.knots) {
      const double w = sim::sharpened(sim::nearness(points[i], knot.at, correction.scale));
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
  std::vector<ShapePoint> points;
  Eigen::VectorXd target(static_cast<Eigen::Index>(family.size()));
  for (std::size_t i = 0; i < family.size(); ++i) {
    points.push_back(sim::shape_point(family[i]->shape));
    target[static_cast<Eigen::Index>(i)] = family[i]->log_ratio;
  }
  c.low = c.high = points.front();
  for (const auto& point : points) {
    for (std::size_t i = 0; i < point.size(); ++i) {
      c.low[i] = std::min(c.low[i], point[i]);
      c.high[i] = std::max(c.high[i], point[i]);
    }
  }
  std::vector<ShapePoint> knots;
  for (const auto i : spread_out(points, most_knots)) knots.push_back(points[i]);
  const auto fit = best_fit(points, knots, target);
  c.scale = fit.scale;
  for (std::size_t j = 0; j < knots.size(); ++j) c.knots.push_back({knots[j], fit.weights[static_cast<Eigen::Index>(j)], 0});
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
