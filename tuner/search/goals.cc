// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/goals.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tuner/search/bottleneck.h"

namespace spanwise::tuner {
namespace {

constexpr double kProvedGap = 1e-9;

class Goals {
 public:
  Goals(const Problem& problem, const Effort& effort)
      : problem_(problem), effort_(effort), sides_(limit_sides(problem)) {
    for (const auto& side : sides_) limits_.push_back(dimension_of(side));
  }

  core::Result<GoalsResult> run() {
    for (const auto& objective : problem_.minimize) {
      auto status = objective.bottleneck ? lower_peak(objective.of.begin()->first) : lower_sum(objective.of, true);
      if (!status) return status.error();
      if (result_.taken.empty()) return std::move(result_);
    }
    if (problem_.minimize.back().bottleneck) {
      if (auto status = break_ties(); !status) return status.error();
    }
    return std::move(result_);
  }

 private:
  Filter filter() const {
    if (caps_.empty()) return {};
    return [this](const Head& head, std::size_t k) {
      return std::all_of(caps_.begin(), caps_.end(),
                         [&](const auto& cap) { return cap.first.of(head, k) <= cap.second; });
    };
  }

  core::Status lower_sum(const Mix& of, bool is_goal) {
    std::vector<DimensionRequest> requests{{of, false, 0}};
    requests.insert(requests.end(), limits_.begin(), limits_.end());
    for (const auto& mix : earlier_) requests.push_back({mix, false, 0});
    auto space = make_space(problem_, requests, filter());
    if (!space) return space.error();
    if (!space->impossible.empty()) return none(space->impossible, Proof::kDual);
    hold_at(*space, problem_, result_.taken, earlier_);
    const auto stage = solve_stage(*space, effort_);
    result_.work.survivors = std::max(result_.work.survivors, stage.survivors);
    result_.work.labels += stage.labels;
    result_.work.peak_labels = std::max(result_.work.peak_labels, stage.peak);
    if (stage.dual.impossible_block) return none(explain(*space, *stage.dual.impossible_block), Proof::kDual);
    if (!stage.choice) {
      // An earlier goal's choice is still one, though this search did not come upon it.
      if (result_.taken.empty()) return none({}, !stage.exhausted ? Proof::kNone : stage.impossible ? Proof::kDual : Proof::kExhausted);
      if (is_goal) add_goal(of, stage);
    } else {
      result_.taken.assign(problem_.heads.size(), 0);
      for (std::size_t h = 0; h < space->heads.size(); ++h)
        result_.taken[space->heads[h].head] = space->which[stage.choice->picks[h]];
      if (is_goal) add_goal(of, stage);
    }
    earlier_.push_back(of);
    return core::Done{};
  }

  std::string explain(const Space& space, std::size_t b) const {
    const auto& block = space.blocks[b];
    const auto& head = problem_.heads[space.heads[space.first_head(block)].head];
    return fmt::format("layer {} may take {}, but no such choice is allowed for all its heads", head.layer,
                       block.max_rules == 1 ? "one rule only" : fmt::format("{} rules only", block.max_rules));
  }

  void add_goal(const Mix& of, const StageResult& stage) {
    GoalResult goal;
    goal.value = plan_amount(problem_, result_.taken, of);
    goal.dual_bound = stage.dual.bound;
    const bool exhausted = stage.exhausted && stage.choice.has_value();
    goal.lower_bound = exhausted ? goal.value : std::min(goal.value, stage.searched_to);
    const bool dual = relative_gap(goal.value, goal.dual_bound) <= kProvedGap;
    goal.proof = dual ? Proof::kDual : exhausted ? Proof::kExhausted : Proof::kNone;
    const auto split = stage.dual.multipliers.begin() + static_cast<std::ptrdiff_t>(limits_.size());
    goal.multipliers.assign(stage.dual.multipliers.begin(), split);
    goal.earlier.assign(split, stage.dual.multipliers.end());
    result_.goals.push_back(std::move(goal));
  }

  core::Status lower_peak(const std::string& name) {
    BottleneckTask task{problem_, NumberOf(problem_, name), filter(), limits_, earlier_, result_.taken};
    auto found = lowest_peak(task, effort_);
    if (!found) return found.error();
    result_.work.labels += found->labels;
    if (found->taken.empty()) return none(found->reason, found->impossible_proof);
    result_.taken = std::move(found->taken);
    caps_.emplace_back(NumberOf(problem_, name), found->goal.value);
    found->goal.earlier.resize(earlier_.size(), 0.0);
    result_.goals.push_back(std::move(found->goal));
    return core::Done{};
  }

  // After a bottleneck many plans are equal: of those, the least of every upper limit's mix, then names.
  core::Status break_ties() {
    for (const auto& side : sides_) {
      if (side.lower) continue;
      if (auto status = lower_sum(side.of, false); !status) return status.error();
    }
    return lower_sum(Mix{}, false);
  }

  core::Status none(std::string reason, Proof proof) {
    result_.taken.clear();
    result_.impossible = proof != Proof::kNone;
    result_.impossible_proof = proof;
    result_.reason = std::move(reason);
    return core::Done{};
  }

  const Problem& problem_;
  const Effort& effort_;
  std::vector<LimitSide> sides_;
  std::vector<DimensionRequest> limits_;
  std::vector<Mix> earlier_;                        // goals brought to their optimum
  std::vector<std::pair<NumberOf, double>> caps_;   // bottlenecks brought to theirs
  GoalsResult result_;
};

}  // namespace

std::vector<LimitSide> limit_sides(const Problem& problem) {
  std::map<std::string, std::vector<LimitSide>> by_name;
  for (const auto& limit : problem.limits) {
    auto& sides = by_name[mix_name(limit.of)];
    const auto tighten = [&](bool lower, double bound) {
      for (auto& side : sides) {
        if (side.lower != lower) continue;
        side.bound = lower ? std::max(side.bound, bound) : std::min(side.bound, bound);
        return;
      }
      sides.push_back({limit.of, lower, bound});
    };
    if (limit.max) tighten(false, *limit.max);
    if (limit.min) tighten(true, *limit.min);
  }
  std::vector<LimitSide> all;
  for (auto& [name, sides] : by_name) {
    std::sort(sides.begin(), sides.end(), [](const auto& a, const auto& b) { return a.lower < b.lower; });
    all.insert(all.end(), sides.begin(), sides.end());
  }
  return all;
}

DimensionRequest dimension_of(const LimitSide& side) {
  return {side.of, side.lower, side.lower ? -side.bound : side.bound};
}

void hold_at(Space& space, const Problem& problem, const Taken& taken, const std::vector<Mix>& mixes) {
  for (std::size_t i = 0; i < mixes.size(); ++i) {
    auto& dimension = space.dimensions[space.width() - mixes.size() + i];
    // Numbers that a filter has put out of the scale's reach; their sum then limits as its double does.
    const double reach = dimension.scale.number(static_cast<Amount>(1) << 118);
    bool within = true;
    plan_parts(problem, taken, mixes[i], [&](double x) { within = within && std::fabs(x) <= reach; });
    dimension.bound = plan_amount(problem, taken, mixes[i]);
    dimension.room = within ? 0 : dimension.scale.largest_within(dimension.bound);
    if (within) plan_parts(problem, taken, mixes[i], [&](double x) { dimension.room += dimension.amount(x); });
  }
}

core::Result<GoalsResult> solve_goals(const Problem& problem, const Effort& effort) {
  return Goals(problem, effort).run();
}

}  // namespace spanwise::tuner
