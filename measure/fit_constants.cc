// SPDX-License-Identifier: Apache-2.0
#include "measure/fit_constants.h"

#include <Eigen/Dense>
#include <Eigen/QR>
#include <cmath>
#include <vector>

#include "core/int128.h"
#include "core/statistics.h"

namespace spanwise::measure {
namespace {

constexpr int kUnknowns = 5;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, kUnknowns>;
using Vector = Eigen::VectorXd;

// Seconds that one unit of each constant adds to a case: matrix, exponential, partial_per_score, item_cycles, call.
Eigen::Matrix<double, 1, kUnknowns> seconds_per_unit(const TimedCase& timed, const hwmodels::Machine& machine) {
  const auto& counts = *timed.work.counts;
  const double scores = static_cast<double>(timed.work.q_tile) * static_cast<double>(timed.work.kv_tile);
  const double flops = 2 * scores * static_cast<double>(timed.shape.head_dim + timed.shape.head_dim_v);
  const double tiles = core::to_double(counts.kv_tiles) * timed.work.heads;
  const double partial = core::to_double(counts.partial_tiles.value_or(0)) * timed.work.heads;
  const double items = core::to_double(counts.q_tiles) * timed.work.heads;
  const double per_cycle = 1.0 / (machine.processors.value * machine.clock_burst.value.value);
  Eigen::Matrix<double, 1, kUnknowns> row;
  row << tiles * flops / machine.matrix_flop_per_clock.at(timed.shape.dtype).value * per_cycle,
      tiles * scores / machine.exp_per_clock.value * per_cycle, partial * scores * per_cycle, items * per_cycle, 1.0;
  return row;
}

// Non-negative least squares for a handful of unknowns: the best of all sets of unknowns held at zero. The optimum of
// the convex problem is the unconstrained optimum on its own support, so trying every support is exact.
Vector non_negative_least_squares(const Matrix& a, const Vector& b) {
  Vector best = Vector::Zero(kUnknowns);
  double best_error = b.squaredNorm();
  for (unsigned support = 1; support < (1u << kUnknowns); ++support) {
    std::vector<int> columns;
    for (int j = 0; j < kUnknowns; ++j) {
      if ((support >> j & 1u) != 0) columns.push_back(j);
    }
    Eigen::MatrixXd part(a.rows(), static_cast<Eigen::Index>(columns.size()));
    for (std::size_t j = 0; j < columns.size(); ++j) part.col(static_cast<Eigen::Index>(j)) = a.col(columns[j]);
    const Vector x = part.colPivHouseholderQr().solve(b);
    const double error = (part * x - b).squaredNorm();
    if (x.minCoeff() < 0 || !(error < best_error)) continue;
    best_error = error;
    best.setZero();
    for (std::size_t j = 0; j < columns.size(); ++j) best[columns[j]] = x[static_cast<Eigen::Index>(j)];
  }
  return best;
}

}  // namespace

core::Result<hwmodels::KernelConstants> fit_constants(const std::vector<TimedCase>& cases,
                                                      const hwmodels::Machine& machine, double least_error) {
  if (cases.size() < kUnknowns) {
    return core::fail(core::Fault::kFinding, "too few measured cases to fit the constants of a kernel");
  }
  // Rows divided by their time, so that the squares are of relative errors.
  Matrix a(static_cast<Eigen::Index>(cases.size()), kUnknowns);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    a.row(static_cast<Eigen::Index>(i)) = seconds_per_unit(cases[i], machine) / cases[i].seconds;
  }
  const Vector ones = Vector::Ones(a.rows());
  const Vector x = non_negative_least_squares(a, ones);
  if (x[0] + x[1] <= 0) {
    return core::fail(core::Fault::kFinding, "the measured times do not grow with the work; the machine is too noisy to fit");
  }
  std::vector<double> errors;
  const Vector residual = a * x - ones;
  for (const double value : residual) errors.push_back(std::abs(value));
  hwmodels::KernelConstants constants;
  constants.matrix = x[0];
  constants.exponential = x[1];
  constants.partial_per_score = x[2];
  constants.item_cycles = x[3];
  constants.call = {x[4]};
  constants.error_90 = std::max(least_error, core::quantile(errors, 0.9));
  return constants;
}

}  // namespace spanwise::measure
