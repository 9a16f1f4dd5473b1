// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/bottleneck.h"

#include <algorithm>
#include <cmath>

namespace spanwise::tuner {
namespace {

class Peak {
 public:
  Peak(const BottleneckTask& task, const Effort& effort) : task_(task), effort_(effort) {}

  core::Result<BottleneckResult> run() {
    list_values();
    if (values_.empty() || task_.problem.heads.empty()) return std::move(result_);
    std::size_t low = first_, high = values_.size() - 1;
    if (auto status = try_within(high); !status) return status.error();
    if (!found_) {
      result_.impossible_proof = proof_;
      return std::move(result_);
    }
    result_.goal.dual_bound = result_.goal.lower_bound = values_[low];
    result_.goal.multipliers.assign(task_.limits.size(), 0.0);
    bool proved = true;
    for (high = reached(); low < high;) {
      const auto middle = low + (high - low) / 2;
      if (auto status = try_within(middle); !status) return status.error();
      if (found_) {
        high = reached();
        continue;
      }
      low = middle + 1;
      proved = proved && proof_ != Proof::kNone;
      if (proved) result_.goal.lower_bound = values_[low];
      if (proof_ == Proof::kDual) {
        result_.goal.dual_bound = values_[low];
        result_.goal.multipliers = multipliers_;
      }
    }
    auto& goal = result_.goal;
    goal.value = values_[high];
    goal.proof = goal.dual_bound == goal.value ? Proof::kDual
                 : goal.lower_bound == goal.value ? Proof::kExhausted
                                                  : Proof::kNone;
    return std::move(result_);
  }

 private:
  bool allowed(const Head& head, std::size_t k) const { return !task_.filter || task_.filter(head, k); }

  // All numbers that a largest one can be; first_: below it some head has nothing to take.
  void list_values() {
    double least = -HUGE_VAL;
    for (const auto& head : task_.problem.heads) {
      double low = HUGE_VAL;
      for (std::size_t k = 0; k < head.rule.size(); ++k) {
        if (!allowed(head, k)) continue;
        const double x = task_.number.of(head, k) + 0.0;
        values_.push_back(x);
        low = std::min(low, x);
      }
      least = std::max(least, low);
    }
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    const auto at = std::lower_bound(values_.begin(), values_.end(), least);
    if (at == values_.end()) {
      values_.clear();
      result_.impossible_proof = Proof::kDual;
      result_.reason = "a head has no allowed rule";
      return;
    }
    first_ = static_cast<std::size_t>(at - values_.begin());
  }

  // Is there a plan whose numbers are all at most values_[i]?
  core::Status try_within(std::size_t i) {
    const auto within = [&](const Head& head, std::size_t k) {
      return allowed(head, k) && task_.number.of(head, k) <= values_[i];
    };
    std::vector<DimensionRequest> requests{{task_.limits.empty() ? Mix{} : task_.limits[0].of, false, 0}};
    requests.insert(requests.end(), task_.limits.begin(), task_.limits.end());
    for (const auto& mix : task_.earlier) requests.push_back({mix, false, 0});
    auto space = make_space(task_.problem, requests, within);
    if (!space) return space.error();
    hold_at(*space, task_.problem, task_.taken, task_.earlier);
    const auto stage = find_any(*space, effort_);
    result_.labels += stage.labels;
    found_ = stage.choice.has_value();
    proof_ = found_ || !stage.exhausted ? Proof::kNone : stage.impossible ? Proof::kDual : Proof::kExhausted;
    // The multipliers of earlier goals are not part of what is stated: with them it is no proof by limits alone.
    multipliers_.clear();
    if (proof_ == Proof::kDual) {
      const auto& all = stage.impossible->multipliers;
      multipliers_.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(task_.limits.size()));
      if (!task_.earlier.empty()) proof_ = Proof::kExhausted;
    }
    if (!found_) return core::Done{};
    result_.taken.assign(task_.problem.heads.size(), 0);
    for (std::size_t h = 0; h < space->heads.size(); ++h)
      result_.taken[space->heads[h].head] = space->which[stage.choice->picks[h]];
    return core::Done{};
  }

  // Which of the values the plan just found needs.
  std::size_t reached() const {
    double most = values_[first_];
    for (std::size_t h = 0; h < result_.taken.size(); ++h)
      most = std::max(most, task_.number.of(task_.problem.heads[h], result_.taken[h]));
    return static_cast<std::size_t>(std::lower_bound(values_.begin(), values_.end(), most) - values_.begin());
  }

  const BottleneckTask& task_;
  const Effort& effort_;
  std::vector<double> values_;
  std::size_t first_ = 0;
  bool found_ = false;
  Proof proof_ = Proof::kNone;
  std::vector<double> multipliers_;
  BottleneckResult result_;
};

}  // namespace

NumberOf::NumberOf(const Problem& problem, const std::string& name) : problem_(&problem) {
  const auto loss = std::find(problem.losses.begin(), problem.losses.end(), name);
  is_loss_ = loss != problem.losses.end();
  if (is_loss_) {
    index_ = static_cast<std::size_t>(loss - problem.losses.begin());
    return;
  }
  const auto resource = std::find_if(problem.resources.begin(), problem.resources.end(),
                                     [&](const Resource& r) { return r.name == name; });
  core::ensure(resource != problem.resources.end(), "a bottleneck is of a loss or a resource");
  index_ = static_cast<std::size_t>(resource - problem.resources.begin());
}

core::Result<BottleneckResult> lowest_peak(const BottleneckTask& task, const Effort& effort) {
  return Peak(task, effort).run();
}

}  // namespace spanwise::tuner
