// SPDX-License-Identifier: Apache-2.0
#include "tuner/search/goal_front.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace spanwise::tuner {
namespace {

constexpr std::size_t kMaxPoints = 20'000;

class FrontSearch {
 public:
  FrontSearch(const Problem& problem, const Mix& limited, const Mix& minimized, const Effort& effort)
      : problem_(problem), limited_(limited), minimized_(minimized), effort_(effort) {
    const auto on_axis = [&](const Limit& limit) { return limit.of == limited; };
    std::erase_if(problem_.limits, on_axis);
    problem_.front.reset();
  }

  core::Result<Front> run(const FrontRequest& request) {
    front_.mode = request.mode;
    core::Status status = core::Done{};
    if (request.mode == FrontMode::kAt) status = at(request.at);
    if (request.mode == FrontMode::kAll) status = all();
    if (request.mode == FrontMode::kSupported) status = supported();
    if (!status) return status.error();
    return std::move(front_);
  }

 private:
  // The least of the goals, one after the other; nothing when no plan keeps the limits.
  core::Result<std::optional<FrontPoint>> best(std::vector<Mix> goals, std::optional<double> max) {
    problem_.minimize.clear();
    for (auto& goal : goals) problem_.minimize.push_back({std::move(goal), false, {}});
    if (max) problem_.limits.push_back({limited_, max, std::nullopt, {}});
    const auto result = solve_goals(problem_, effort_);
    if (max) problem_.limits.pop_back();
    if (!result) return result.error();
    if (result->taken.empty()) return std::optional<FrontPoint>{};
    FrontPoint point;
    point.at = max;
    point.limited = plan_amount(problem_, result->taken, limited_);
    point.minimized = plan_amount(problem_, result->taken, minimized_);
    for (const auto& goal : result->goals) {
      if (goal.proof == Proof::kNone) point.status = Status::kFeasible;
    }
    if (point.status == Status::kFeasible)
      point.gap = relative_gap(result->goals[0].value, result->goals[0].lower_bound);
    return std::optional(point);
  }

  core::Status at(const std::vector<double>& limits) {
    for (const double limit : limits) {
      auto point = best({minimized_, limited_}, limit);
      if (!point) return point.error();
      if (!*point) {
        auto least = best({limited_}, std::nullopt);
        if (!least) return least.error();
        *point = FrontPoint{limit, Status::kInfeasible, *least ? (*least)->limited : 0.0, 0, 0};
      }
      front_.points.push_back(**point);
    }
    return core::Done{};
  }

  core::Status all() {
    std::optional<double> below;
    while (front_.points.size() <= kMaxPoints) {
      auto point = best({minimized_, limited_}, below);
      if (!point) return point.error();
      if (!*point) {
        std::reverse(front_.points.begin(), front_.points.end());
        return core::Done{};
      }
      (*point)->at.reset();
      // Sums that round to the same number are one point.
      if (!front_.points.empty() && front_.points.back().minimized == (*point)->minimized) front_.points.pop_back();
      front_.points.push_back(**point);
      below = std::nextafter((*point)->limited, -HUGE_VAL);
    }
    return core::fail(core::Fault::kInput, fmt::format("the whole front is too long: beyond {} points", kMaxPoints),
                      "ask for mode 'supported' or 'at', or round the costs to a grid");
  }

  core::Status supported() {
    auto cheapest = best({limited_, minimized_}, std::nullopt);
    if (!cheapest) return cheapest.error();
    if (!*cheapest) return core::Done{};
    auto finest = best({minimized_, limited_}, std::nullopt);
    if (!finest) return finest.error();
    front_.points.push_back(**cheapest);
    if ((*finest)->limited > (*cheapest)->limited && (*finest)->minimized < (*cheapest)->minimized) {
      if (auto status = between(**cheapest, **finest); !status) return status.error();
      front_.points.push_back(**finest);
    }
    keep_corners();
    return core::Done{};
  }

  // Adds what lies below the line from a to b, in order.
  core::Status between(const FrontPoint& a, const FrontPoint& b) {
    const double for_limited = a.minimized - b.minimized, for_minimized = b.limited - a.limited;
    Mix both;
    for (const auto& [name, weight] : limited_) both[name] += for_limited * weight;
    for (const auto& [name, weight] : minimized_) both[name] += for_minimized * weight;
    auto middle = best({both}, std::nullopt);
    if (!middle) return middle.error();
    if (front_.points.size() > kMaxPoints)
      return core::fail(core::Fault::kInput, fmt::format("the front has more than {} corners", kMaxPoints));
    const auto& m = **middle;
    if (!(m.limited > a.limited && m.limited < b.limited) || !below(a, m, b)) return core::Done{};
    if (auto status = between(a, m); !status) return status;
    front_.points.push_back(m);
    return between(m, b);
  }

  static bool below(const FrontPoint& a, const FrontPoint& m, const FrontPoint& b) {
    const long double left = static_cast<long double>(a.minimized - m.minimized) * (b.limited - m.limited);
    const long double right = static_cast<long double>(m.minimized - b.minimized) * (m.limited - a.limited);
    return left - right > 1e-13L * (left + right);
  }

  void keep_corners() {
    std::vector<FrontPoint> corners;
    for (const auto& point : front_.points) {
      while (corners.size() > 1 && !below(corners[corners.size() - 2], corners.back(), point)) corners.pop_back();
      corners.push_back(point);
    }
    front_.points.swap(corners);
  }

  Problem problem_;
  const Mix& limited_;
  const Mix& minimized_;
  const Effort& effort_;
  Front front_;
};

}  // namespace

core::Result<Front> goal_front(const Problem& problem, const Mix& limited, const Mix& minimized, const Effort& effort) {
  return FrontSearch(problem, limited, minimized, effort).run(*problem.front);
}

}  // namespace spanwise::tuner
