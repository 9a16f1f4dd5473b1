// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/master.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spanwise::tuner {
namespace {

constexpr double kSmall = 1e-12;
constexpr int kMaxPivots = 2'000;

}  // namespace

Master::Master(std::size_t multipliers, double box) : size_(multipliers + 1), box_(box) {
  for (std::size_t j = 0; j < multipliers; ++j) {
    Column slack{0.0, std::vector<double>(size_, 0.0)}, charge{0.0, std::vector<double>(size_, 0.0)};
    slack.entries[j] = 1.0;
    charge.entries[j] = -1.0;
    columns_.push_back(std::move(slack));
    columns_.push_back(std::move(charge));
  }
}

void Master::add_cut(double value, std::vector<double> slope) {
  slope.push_back(1.0);
  columns_.push_back({value, std::move(slope)});
  if (basis_.empty()) start();
}

double Master::cost_of(std::size_t column) const {
  const auto multipliers = size_ - 1;
  if (column >= 2 * multipliers) return columns_[column].cost;
  return column % 2 == 0 ? 0.0 : box_;
}

// The first cut and, for each multiplier, the slack or the charge that balances it.
void Master::start() {
  const auto multipliers = size_ - 1, cut = 2 * multipliers;
  inverse_.assign(size_ * size_, 0.0);
  for (std::size_t j = 0; j < multipliers; ++j) {
    const double slope = columns_[cut].entries[j];
    const bool slack = slope <= 0;
    basis_.push_back(2 * j + (slack ? 0 : 1));
    level_.push_back(std::fabs(slope));
    inverse_[j * size_ + j] = slack ? 1.0 : -1.0;
    inverse_[j * size_ + multipliers] = slack ? -slope : slope;
  }
  basis_.push_back(cut);
  level_.push_back(1.0);
  inverse_[multipliers * size_ + multipliers] = 1.0;
}

std::vector<double> Master::times_inverse(const std::vector<double>& entries) const {
  std::vector<double> out(size_, 0.0);
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t j = 0; j < size_; ++j) out[i] += inverse_[i * size_ + j] * entries[j];
  }
  return out;
}

void Master::pivot(std::size_t column, std::size_t row, const std::vector<double>& direction) {
  const double step = level_[row] / direction[row];
  for (std::size_t i = 0; i < size_; ++i) {
    if (i == row) continue;
    level_[i] = std::max(0.0, level_[i] - step * direction[i]);
    const double factor = direction[i] / direction[row];
    for (std::size_t j = 0; j < size_; ++j) inverse_[i * size_ + j] -= factor * inverse_[row * size_ + j];
  }
  for (std::size_t j = 0; j < size_; ++j) inverse_[row * size_ + j] /= direction[row];
  level_[row] = step;
  basis_[row] = column;
}

std::vector<double> Master::solve() {
  std::vector<double> prices(size_, 0.0);
  for (int pivots = 0; pivots < kMaxPivots; ++pivots) {
    for (std::size_t j = 0; j < size_; ++j) {
      prices[j] = 0;
      for (std::size_t i = 0; i < size_; ++i) prices[j] += cost_of(basis_[i]) * inverse_[i * size_ + j];
    }
    // The most promising column; the first one after many pivots, which cannot cycle (Bland).
    const bool first_only = pivots > kMaxPivots / 2;
    std::size_t enter = columns_.size();
    double least = -kSmall;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      double reduced = cost_of(c);
      for (std::size_t j = 0; j < size_; ++j) reduced -= prices[j] * columns_[c].entries[j];
      if (reduced >= least) continue;
      least = reduced;
      enter = c;
      if (first_only) break;
    }
    if (enter == columns_.size()) break;
    const auto direction = times_inverse(columns_[enter].entries);
    std::size_t leave = size_;
    double shortest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < size_; ++i) {
      if (direction[i] <= 1e-10) continue;
      const double length = level_[i] / direction[i];
      if (length < shortest || (length == shortest && leave < size_ && basis_[i] < basis_[leave])) {
        shortest = length;
        leave = i;
      }
    }
    if (leave == size_) break;
    pivot(enter, leave, direction);
  }
  promise_ = prices.back();
  std::vector<double> multipliers;
  for (std::size_t j = 0; j + 1 < size_; ++j) multipliers.push_back(std::max(0.0, -prices[j]));
  return multipliers;
}

}  // namespace spanwise::tuner
