// SPDX-License-Identifier: Apache-2.0
#include "reports/check.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace spanwise::reports {
namespace {

class Checker {
 public:
  void require(bool good, std::string_view field, std::string_view promise) {
    if (good) return;
    auto more = core::fail(core::Fault::kInternal, fmt::format("report: {}{} {}", prefix_, field, promise));
    broken_.push_back(std::move(more.front()));
  }
  void finite(double value, std::string_view field) {
    require(std::isfinite(value), field, "is not a finite number");
  }
  void finite(const std::optional<double>& value, std::string_view field) {
    if (value) finite(*value, field);
  }
  void time(double seconds, std::string_view field) {
    require(std::isfinite(seconds) && seconds >= 0, field, "is not a time");
  }
  void point(const FrontPoint& point, std::string_view field) {
    finite(point.attention_share, field);
    finite(point.loss, field);
  }
  void inside(std::string prefix) { prefix_ = std::move(prefix); }

  core::Status status() && {
    if (broken_.empty()) return core::Done{};
    return std::move(broken_);
  }

 private:
  std::string prefix_;
  core::Diagnostics broken_;
};

void check_ladder(const Ladder& ladder, Checker& checker) {
  checker.time(ladder.reference_seconds, "ladder.reference_seconds");
  double before = 0;
  for (const auto& rung : ladder.rungs) {
    checker.time(rung.seconds, "ladder." + rung.name);
    checker.require(rung.seconds >= before, "ladder." + rung.name, "is below the rung before it");
    before = rung.seconds;
  }
  checker.finite(ladder.kernel_quality, "ladder.kernel_quality");
  checker.finite(ladder.dense_schedule_loss, "ladder.dense_schedule_loss");
  checker.finite(ladder.natten_worst_tile_speedup, "ladder.natten_worst_tile_speedup");
  checker.finite(ladder.break_even_density, "ladder.break_even_density");
}

void check_workload(const Workload& workload, Checker& checker) {
  checker.time(workload.dense_seconds, "dense_seconds");
  checker.time(workload.dense_model_seconds, "dense_model_seconds");
  checker.finite(workload.tile_bound, "tile_bound");
  if (workload.plan) {
    checker.time(workload.plan->attention_seconds, "plan.attention_seconds");
    checker.time(workload.plan->attention_range.low, "plan.attention_range.low");
    checker.time(workload.plan->attention_range.high, "plan.attention_range.high");
    checker.time(workload.plan->searched_seconds, "plan.searched_seconds");
    checker.time(workload.plan->model_seconds, "plan.model_seconds");
  }
  if (workload.ladder) check_ladder(*workload.ladder, checker);
  for (const auto& part : workload.operators) {
    checker.time(part.dense_seconds, "operators." + part.kind);
    checker.time(part.plan_seconds, "operators." + part.kind);
  }
}

void check_front(const Front& front, Checker& checker) {
  for (const auto& sample : front.samples) {
    checker.finite(sample.share_limit, "samples.share_limit");
    if (sample.best) checker.point(*sample.best, "samples.best");
    if (sample.best_uniform) checker.point(*sample.best_uniform, "samples.best_uniform");
  }
  double before = -std::numeric_limits<double>::infinity();
  for (const auto& point : front.supported) {
    checker.point(point, "supported");
    checker.require(point.attention_share >= before, "supported", "is not ascending");
    before = point.attention_share;
  }
  for (const auto& point : front.uniform) checker.point(point, "uniform");
  if (front.chosen) checker.point(*front.chosen, "chosen");
}

void check_plan(const Plan& plan, std::size_t workloads, Checker& checker) {
  for (const auto& rule : plan.rules) {
    checker.require(rule.density.size() == workloads, "rules.density", "has not one entry a workload");
    for (const double density : rule.density) checker.finite(density, "rules.density");
    checker.finite(rule.head_share, "rules.head_share");
  }
  const auto& map = plan.map;
  checker.require(map.layers > 0 && map.kv_heads > 0, "map", "is empty");
  const auto cells = static_cast<double>(map.layers) * static_cast<double>(map.kv_heads);
  checker.require(static_cast<double>(map.rule.size()) == cells, "map.rule", "has not one entry a cell");
  for (const auto rule : map.rule) {
    const bool known = rule >= 0 && static_cast<std::size_t>(rule) < plan.rules.size();
    checker.require(known, "map.rule", "names no rule of the plan");
    if (!known) break;
  }
}

void check_case(const CheckedCase& checked, Checker& checker) {
  checker.finite(checked.relative_error, "relative_error");
  checker.time(checked.predicted_seconds, "predicted_seconds");
  if (!checked.measured) return;
  checker.time(checked.measured->median, "measured.median");
  checker.time(checked.measured->p05, "measured.p05");
  checker.time(checked.measured->p95, "measured.p95");
}

}  // namespace

core::Status check(const Ladder& ladder) {
  Checker checker;
  check_ladder(ladder, checker);
  return std::move(checker).status();
}

core::Status check(const ReportModel& model) {
  Checker checker;
  for (std::size_t i = 0; i < model.workloads.size(); ++i) {
    checker.inside(fmt::format("workloads[{}].", i));
    check_workload(model.workloads[i], checker);
  }
  checker.inside("front.");
  if (model.front) check_front(*model.front, checker);
  checker.inside("plan.");
  if (model.plan) check_plan(*model.plan, model.workloads.size(), checker);
  checker.inside("proof.");
  checker.finite(model.proof.gap, "gap");
  checker.finite(model.proof.limit_value, "limit_value");
  checker.finite(model.proof.nearest_feasible, "nearest_feasible");
  checker.inside("validation.");
  if (model.validation) {
    for (const auto& checked : model.validation->cases) check_case(checked, checker);
  }
  return std::move(checker).status();
}

}  // namespace spanwise::reports
