// SPDX-License-Identifier: Apache-2.0
#include "measure/fit_constants.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "core/statistics.h"

namespace spanwise::measure {
namespace {

constexpr int kUnknowns = 8;  // matrix, exponential, partial_per_score, item_cycles, call, 1 / bandwidth_share, exposed, step
constexpr int kRounds = 8;
constexpr double kRidge = 0.01;
constexpr double kHopeless = 0.5;  // mean relative error of the best constants
constexpr double kOutlier = 0.15;  // relative errors beyond it count linearly, not by their square (Huber 1964)
using Unknowns = Eigen::Matrix<double, kUnknowns, 1>;
using Normal = Eigen::Matrix<double, kUnknowns, kUnknowns>;

// No matrix part takes less than half of its ideal, whatever the clock was while it ran, and no kernel moves more than the
// memory does.
const std::array<double, kUnknowns> kLeast = {0.5, 0, 0, 0, 0, 1.0, 0, 1e-7};

// What one unit of each constant is worth at least, so that a constant that starts at 0 can move.
const std::array<double, kUnknowns> kLeastStep = {0.1, 0.1, 0.01, 500, 1e-6, 0.1, 0.1, 1e-6};

Unknowns pack(const hwmodels::KernelConstants& c, core::Seconds launch) {
  Unknowns x;
  x << c.matrix, c.exponential, c.partial_per_score, c.item_cycles, c.call.value, 1.0 / c.bandwidth_share, c.exposed,
      c.step.value > 0 ? c.step.value : launch.value;
  return x;
}

hwmodels::KernelConstants unpack(const Unknowns& x, hwmodels::KernelConstants c) {
  c.matrix = x[0];
  c.exponential = x[1];
  c.partial_per_score = x[2];
  c.item_cycles = x[3];
  c.call = {x[4]};
  c.bandwidth_share = 1.0 / std::min(x[5], 100.0);
  c.exposed = std::min(x[6], 1.0);
  c.step = {x[7]};
  return c;
}

// The minimum of x'Gx - 2g'x over x >= 0. The optimum of the convex problem is the unconstrained optimum on its own
// support, so trying every support is exact.
Unknowns non_negative_minimum(const Normal& g_matrix, const Unknowns& g) {
  Unknowns best = Unknowns::Zero();
  double best_value = 0;
  for (unsigned support = 1; support < (1u << kUnknowns); ++support) {
    std::vector<int> columns;
    for (int j = 0; j < kUnknowns; ++j) {
      if ((support >> j & 1u) != 0) columns.push_back(j);
    }
    const auto size = static_cast<Eigen::Index>(columns.size());
    Eigen::MatrixXd part(size, size);
    Eigen::VectorXd right(size);
    for (Eigen::Index i = 0; i < size; ++i) {
      right[i] = g[columns[static_cast<std::size_t>(i)]];
      for (Eigen::Index j = 0; j < size; ++j) {
        part(i, j) = g_matrix(columns[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(j)]);
      }
    }
    const Eigen::VectorXd x = part.ldlt().solve(right);
    const double value = -right.dot(x);
    if (x.minCoeff() < 0 || !(value < best_value)) continue;
    best_value = value;
    best.setZero();
    for (Eigen::Index j = 0; j < size; ++j) best[columns[static_cast<std::size_t>(j)]] = x[j];
  }
  return best;
}

struct Problem {
  const std::vector<TimedCase>& cases;
  const hwmodels::KernelModel& kernel;
  const hwmodels::Machine& machine;
  const hwmodels::KernelConstants& start;

  double seconds(const TimedCase& timed, const Unknowns& x) const {
    return modelled_seconds(timed, kernel, machine, unpack(x, start));
  }

  double robust_error(const Unknowns& x) const {
    double sum = 0;
    for (const auto& timed : cases) sum += std::min(1.0, std::abs(seconds(timed, x) / timed.seconds - 1.0));
    return sum / static_cast<double>(cases.size());
  }

  // One round: the time is linear in the constants around x.
  Unknowns improved(const Unknowns& x, const Unknowns& begin) const {
    const Unknowns least = Eigen::Map<const Unknowns>(kLeast.data());
    Unknowns step;
    for (int j = 0; j < kUnknowns; ++j) step[j] = std::max(begin[j], kLeastStep[static_cast<std::size_t>(j)]);
    Normal g_matrix = Normal::Zero();
    Unknowns g = Unknowns::Zero();
    for (const auto& timed : cases) {
      const double now = seconds(timed, x);
      Unknowns slope;  // relative change for a whole step of each constant
      for (int j = 0; j < kUnknowns; ++j) {
        Unknowns moved = x;
        moved[j] += 1e-3 * step[j];
        slope[j] = (seconds(timed, moved) - now) / (1e-3 * timed.seconds);
      }
      const double error = now / timed.seconds - 1.0;
      const double weight = std::min(1.0, kOutlier / std::max(std::abs(error), 1e-9));
      const double target = slope.dot((x - least).cwiseQuotient(step)) - error;
      g_matrix += weight * slope * slope.transpose();
      g += weight * target * slope;
    }
    const double ridge = kRidge * kRidge * static_cast<double>(cases.size());
    g_matrix.diagonal().array() += ridge;
    g += ridge * (begin - least).cwiseQuotient(step);
    return least + non_negative_minimum(g_matrix, g).cwiseProduct(step);
  }
};

}  // namespace

hwmodels::KernelConstants unknown_constants() {
  hwmodels::KernelConstants c;
  c.matrix = 1.0;
  c.exponential = 0.7;
  c.partial_per_score = 0.05;
  c.item_cycles = 3000;
  c.call = {5e-6};
  c.bandwidth_share = 0.8;
  return c;
}

double modelled_seconds(const TimedCase& timed, const hwmodels::KernelModel& kernel, const hwmodels::Machine& machine,
                        const hwmodels::KernelConstants& constants) {
  const sim::PricedKernel priced{&kernel, &constants, &machine, timed.work};
  return sim::attention_seconds(timed.shape, priced, sim::Effect::kClock).value;
}

core::Result<hwmodels::KernelConstants> fit_constants(const std::vector<TimedCase>& cases,
                                                      const hwmodels::KernelModel& kernel,
                                                      const hwmodels::Machine& machine,
                                                      const hwmodels::KernelConstants& start, double least_error) {
  if (cases.size() < 5) return core::fail(core::Fault::kFinding, "too few measured cases to fit the constants of a kernel");
  const Problem problem{cases, kernel, machine, start};
  const Unknowns begin = pack(start, machine.launch.value);
  Unknowns x = begin, best = begin;
  double best_error = problem.robust_error(begin);
  for (int round = 0; round < kRounds; ++round) {
    const Unknowns next = problem.improved(x, begin);
    // Half way after the first rounds: where rows change between compute and memory bound, whole steps may circle.
    x = round < 3 ? next : Unknowns(0.5 * (x + next));
    const double error = problem.robust_error(x);
    if (error < best_error) {
      best_error = error;
      best = x;
    }
  }
  if (best_error > kHopeless) {
    return core::fail(core::Fault::kFinding, "the measured times do not follow the work: half of the time or more is not explained",
                      "were the rows measured with this kernel, and is measured_ms in milliseconds?");
  }
  auto constants = unpack(best, start);
  if (!kernel.split_kv) constants.step = start.step;
  std::vector<double> errors;
  for (const auto& timed : cases) {
    errors.push_back(std::abs(modelled_seconds(timed, kernel, machine, constants) / timed.seconds - 1.0));
  }
  constants.error_90 = std::max(least_error, core::quantile(errors, 0.9));
  return constants;
}

}  // namespace spanwise::measure
