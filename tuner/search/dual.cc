// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/dual.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tuner/exact_sum.h"
#include "tuner/search/block_search.h"
#include "tuner/search/master.h"

namespace spanwise::tuner {
namespace {

constexpr std::size_t kDualBlocksPerTask = 32;
constexpr double kConverged = 1e-11;

void for_blocks(const Space& space, const Effort& effort, const std::function<void(std::size_t, std::size_t)>& body) {
  const auto tasks = (space.blocks.size() + kDualBlocksPerTask - 1) / kDualBlocksPerTask;
  const auto task = [&](std::size_t i) {
    body(i * kDualBlocksPerTask, std::min(space.blocks.size(), (i + 1) * kDualBlocksPerTask));
  };
  if (effort.pool == nullptr || tasks < 2) {
    for (std::size_t i = 0; i < tasks; ++i) task(i);
  } else {
    effort.pool->run(tasks, [&](std::size_t i, int) { task(i); });
  }
}

// Amounts of picks, dimension by dimension, less the bounds of the limits.
std::vector<double> excess_of(const Space& space, const Picks& picks) {
  std::vector<double> totals(space.width(), 0.0);
  for (const auto& block : space.blocks) add_numbers(space, block, &picks[space.first_head(block)], totals);
  for (std::size_t d = 1; d < totals.size(); ++d) totals[d] -= space.dimensions[d].bound;
  return totals;
}

class Ascent {
 public:
  Ascent(const Space& space, double weight, const Effort& effort)
      : space_(space), weight_(weight), effort_(effort), rows_(space.width() - 1), unit_(rows_, 1.0) {}

  DualResult run() {
    look({std::vector<double>(rows_, 0.0)});
    if (rows_ == 0 || result_.best.impossible_block) return std::move(result_);
    set_units();
    Master master(rows_, box_);
    for (std::size_t i = 0; i < values_.size(); ++i) add_cut(master, i);
    const std::size_t most = 40 + 40 * rows_;
    std::vector<double> best(rows_, 0.0);
    double share = 0.5;
    for (std::size_t i = 0; i < most && !effort_.spent(); ++i) {
      const auto aim = master.solve();
      const double open = master.promise() - result_.best.bound / value_unit_;
      if (open <= kConverged * (1.0 + std::fabs(master.promise()))) {
        if (!widen(master, aim)) break;
        continue;
      }
      std::vector<double> at(rows_);
      for (std::size_t j = 0; j < rows_; ++j) at[j] = best[j] + share * (aim[j] - best[j]);
      const double before = result_.best.bound;
      look(scaled(at));
      add_cut(master, values_.size() - 1);
      if (result_.best.bound > before) {
        best = at;
      } else {
        // Nothing gained between the two points: ask the master's own.
        share = std::min(1.0, share * 1.3);
      }
    }
    return std::move(result_);
  }

 private:
  // Multipliers in units that make rows and objective comparable.
  void set_units() {
    double spread = 0;
    std::vector<double> rows(rows_, 0.0);
    for (const auto& head : space_.heads) {
      for (std::size_t d = 0; d < space_.width(); ++d) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (auto c = head.first; c < head.end; ++c) {
          double x = space_.additive[c * space_.width() + d];
          for (std::size_t p = 0; p < space_.peaks; ++p)
            x += space_.peak_weight[p * space_.width() + d] * space_.peak[c * space_.peaks + p];
          low = std::min(low, x);
          high = std::max(high, x);
        }
        (d == 0 ? spread : rows[d - 1]) += high - low;
      }
    }
    value_unit_ = weight_ > 0 && spread > 0 ? spread : 1.0;
    for (std::size_t j = 0; j < rows_; ++j) unit_[j] = rows[j] > 0 ? value_unit_ / rows[j] : value_unit_;
  }

  std::vector<double> scaled(const std::vector<double>& multipliers) const {
    auto out = multipliers;
    for (std::size_t j = 0; j < rows_; ++j) out[j] *= unit_[j];
    return out;
  }

  void look(const std::vector<double>& multipliers) {
    auto point = dual_at(space_, weight_, multipliers, effort_);
    auto excess = excess_of(space_, point.picks);
    values_.push_back(weight_ * excess[0]);
    excess.erase(excess.begin());
    slopes_.push_back(std::move(excess));
    result_.seen.push_back(point.picks);
    if (values_.size() == 1 || point.bound > result_.best.bound) result_.best = std::move(point);
  }

  void add_cut(Master& master, std::size_t i) const {
    std::vector<double> slope = slopes_[i];
    for (std::size_t j = 0; j < rows_; ++j) slope[j] *= unit_[j] / value_unit_;
    master.add_cut(values_[i] / value_unit_, std::move(slope));
  }

  // Multipliers at the edge of their box want to be larger.
  bool widen(Master& master, const std::vector<double>& aim) {
    const bool at_edge = std::any_of(aim.begin(), aim.end(), [&](double x) { return x >= box_ * (1 - 1e-9); });
    if (!at_edge || weight_ == 0 || box_ > 1e9) return false;
    box_ *= 16;
    master.set_box(box_);
    return true;
  }

  const Space& space_;
  double weight_;
  const Effort& effort_;
  std::size_t rows_;
  std::vector<double> unit_;
  double value_unit_ = 1, box_ = 1;
  DualResult result_;
  std::vector<double> values_;
  std::vector<std::vector<double>> slopes_;
};

}  // namespace

DualPoint dual_at(const Space& space, double weight, const std::vector<double>& multipliers, const Effort& effort) {
  DualPoint point{multipliers, 0, std::vector<double>(space.blocks.size(), 0.0), Picks(space.heads.size(), 0), 0, {}};
  for (std::size_t h = 0; h < space.heads.size(); ++h)
    point.picks[h] = static_cast<std::uint32_t>(space.heads[h].first);
  std::vector<double> weights{weight};
  weights.insert(weights.end(), multipliers.begin(), multipliers.end());
  for_blocks(space, effort, [&](std::size_t first, std::size_t end) {
    BlockSearch search(space, weights);
    for (auto b = first; b < end; ++b)
      point.least[b] = search.least(space.blocks[b], &point.picks[space.first_head(space.blocks[b])]);
  });
  const auto beyond = std::find(point.least.begin(), point.least.end(), HUGE_VAL);
  if (beyond != point.least.end()) {
    point.impossible_block = static_cast<std::size_t>(beyond - point.least.begin());
    return point;
  }
  ExactSum sum;
  for (const double least : point.least) sum.add(least);
  for (std::size_t h = 0; h < space.heads.size(); ++h) {
    const double* numbers = &space.additive[point.picks[h] * space.width()];
    for (std::size_t d = 0; d < weights.size(); ++d) point.size += weights[d] * std::fabs(numbers[d]);
    for (std::size_t p = 0; p < space.peaks; ++p) {
      const double peak = space.peak[point.picks[h] * space.peaks + p];
      for (std::size_t d = 0; d < weights.size(); ++d)
        point.size += weights[d] * std::fabs(space.peak_weight[p * space.width() + d]) * peak;
    }
  }
  for (const auto& block : space.blocks) {
    for (std::size_t d = 0; d < weights.size() && block.chooses_rules; ++d)
      point.size += weights[d] * std::fabs(block.launch[d]) * block.max_rules;
  }
  for (std::size_t j = 0; j < multipliers.size(); ++j) {
    if (multipliers[j] == 0) continue;  // the bound may be infinite
    sum.add(-multipliers[j] * space.dimensions[j + 1].bound);
    point.size += multipliers[j] * std::fabs(space.dimensions[j + 1].bound);
  }
  point.bound = sum.value();
  return point;
}

DualResult best_dual(const Space& space, double weight, const Effort& effort) {
  return Ascent(space, weight, effort).run();
}

}  // namespace spanwise::tuner
