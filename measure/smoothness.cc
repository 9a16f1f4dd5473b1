// SPDX-License-Identifier: Apache-2.0
#include "measure/smoothness.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

namespace spanwise::measure {
namespace {

using hwmodels::kShapeAxes;
using hwmodels::ShapePoint;

constexpr std::size_t kRows = 300;  // more change the scales little and cost their cube
constexpr int kSteps = 40;
// The prior, which few rows need: what larger tables came out at, and how much its logarithm varies.
constexpr double kUsualScale = 6, kUsualSignal = 0.15, kUsualNoise = 0.05, kUsualSpread = 1;  // doublings; of log times
constexpr double kFirstStep = 0.3, kLeastStep = 1e-3, kMostStep = 1.0, kFaster = 1.2, kSlower = 0.5;  // Rprop
constexpr std::size_t kParameters = kShapeAxes + 2;  // logarithms of the scales, the signal and the noise
using Parameters = std::array<double, kParameters>;

const double kLeastScale = std::log(0.3), kMostScale = std::log(256.0);
const double kLeastDeviation = std::log(0.003), kMostDeviation = std::log(3.0);

Parameters usual_parameters() {
  Parameters p;
  p.fill(std::log(kUsualScale));
  p[kShapeAxes] = std::log(kUsualSignal);
  p[kShapeAxes + 1] = std::log(kUsualNoise);
  return p;
}

class Likelihood {
 public:
  Likelihood(const std::vector<ShapePoint>& points, const std::vector<double>& values) {
    const auto stride = (points.size() + kRows - 1) / kRows;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < points.size(); i += stride) rows.push_back(i);
    const auto n = static_cast<Eigen::Index>(rows.size());
    values_.resize(n);
    for (auto& squares : squares_) squares.resize(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto& a = points[rows[static_cast<std::size_t>(i)]];
      values_[i] = values[rows[static_cast<std::size_t>(i)]];
      for (Eigen::Index j = 0; j < n; ++j) {
        const auto& b = points[rows[static_cast<std::size_t>(j)]];
        for (std::size_t axis = 0; axis < kShapeAxes; ++axis) squares_[axis](i, j) = (a[axis] - b[axis]) * (a[axis] - b[axis]);
      }
    }
  }

  // The negative logarithm of the likelihood times the prior, and its slopes.
  double at(const Parameters& p, Parameters& slopes) const {
    const auto n = values_.size();
    Eigen::MatrixXd distance = Eigen::MatrixXd::Zero(n, n);
    for (std::size_t axis = 0; axis < kShapeAxes; ++axis) distance += 3.0 * std::exp(-2 * p[axis]) * squares_[axis];
    distance = distance.cwiseSqrt();
    const double signal = std::exp(2 * p[kShapeAxes]), noise = std::exp(2 * p[kShapeAxes + 1]);
    const Eigen::MatrixXd decay = signal * (-distance.array()).exp().matrix();
    const Eigen::MatrixXd smooth = (1.0 + distance.array()) * decay.array();
    Eigen::MatrixXd covariance = smooth;
    covariance.diagonal().array() += noise + 1e-9;
    const Eigen::LLT<Eigen::MatrixXd> solver(covariance);
    const Eigen::VectorXd weights = solver.solve(values_);
    double cost = 0.5 * values_.dot(weights);
    const Eigen::MatrixXd& lower = solver.matrixLLT();
    for (Eigen::Index i = 0; i < n; ++i) cost += std::log(lower(i, i));
    Eigen::MatrixXd pull = -solver.solve(Eigen::MatrixXd::Identity(n, n));
    pull.noalias() += weights * weights.transpose();
    const Eigen::MatrixXd by_scale = pull.cwiseProduct(decay);
    for (std::size_t axis = 0; axis < kShapeAxes; ++axis) {
      slopes[axis] = -1.5 * std::exp(-2 * p[axis]) * by_scale.cwiseProduct(squares_[axis]).sum();
    }
    const auto usual = usual_parameters();
    slopes[kShapeAxes] = -pull.cwiseProduct(smooth).sum();
    slopes[kShapeAxes + 1] = -pull.trace() * noise;
    for (std::size_t i = 0; i < kParameters; ++i) {
      const double off = (p[i] - usual[i]) / kUsualSpread;
      cost += 0.5 * off * off;
      slopes[i] += off / kUsualSpread;
    }
    return cost;
  }

 private:
  Eigen::VectorXd values_;
  std::array<Eigen::MatrixXd, kShapeAxes> squares_;  // of distances along each axis
};

}  // namespace

Smoothness likely_smoothness(const std::vector<ShapePoint>& points, const std::vector<double>& values) {
  const Likelihood likelihood(points, values);
  Parameters p = usual_parameters(), best = p, step{}, before{}, slopes{};
  step.fill(kFirstStep);
  double least = 0;
  for (int round = 0; round < kSteps; ++round) {
    const double cost = likelihood.at(p, slopes);
    if (round == 0 || cost < least) {
      least = cost;
      best = p;
    }
    for (std::size_t i = 0; i < kParameters; ++i) {
      const double turn = slopes[i] * before[i];
      step[i] = std::clamp(step[i] * (turn > 0 ? kFaster : turn < 0 ? kSlower : 1.0), kLeastStep, kMostStep);
      before[i] = turn < 0 ? 0 : slopes[i];
      if (before[i] != 0) p[i] -= std::copysign(step[i], slopes[i]);
      p[i] = i < kShapeAxes ? std::clamp(p[i], kLeastScale, kMostScale) : std::clamp(p[i], kLeastDeviation, kMostDeviation);
    }
  }
  Smoothness found;
  for (std::size_t i = 0; i < kShapeAxes; ++i) found.scales[i] = std::exp(best[i]);
  found.noise = std::exp(2 * (best[kShapeAxes + 1] - best[kShapeAxes]));
  return found;
}

}  // namespace spanwise::measure
