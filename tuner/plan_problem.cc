// SPDX-License-Identifier: Apache-2.0
#include "tuner/plan_problem.h"

#include <algorithm>
#include <cmath>

namespace spanwise::tuner {
namespace {

// Where each priced rule stands in the profile.
std::vector<std::size_t> profile_columns(const RulePrices& prices, const Profile& profile) {
  std::vector<std::size_t> columns;
  for (const auto& rule : prices.rules()) {
    const auto found = std::find(profile.rules.begin(), profile.rules.end(), rule);
    core::ensure(found != profile.rules.end(), "profile_columns: a priced rule is not in the profile");
    columns.push_back(static_cast<std::size_t>(found - profile.rules.begin()));
  }
  return columns;
}

Head make_head(int layer, int kv_head, const AttentionTask& task, const Profile& profile,
               const std::vector<std::size_t>& columns) {
  const auto group = task.attention.q_heads / task.attention.kv_heads;
  Head unit;
  unit.layer = layer;
  unit.head = kv_head;
  for (std::size_t rule = 0; rule < columns.size(); ++rule) {
    double loss = 0;
    for (std::int64_t member = 0; member < group; ++member) {
      loss += profile.loss(layer, kv_head * group + member, task.attention.q_heads, columns[rule]);
    }
    if (std::isnan(loss)) continue;  // forbidden for a query head of the group
    unit.rule.push_back(static_cast<std::uint32_t>(rule));
    unit.loss.push_back(loss);
  }
  return unit;
}

}  // namespace

Occupancy full_occupancy(const RulePrices& prices) {
  return Occupancy(prices.rules().size() * prices.task().workloads.size(), prices.task().attention.kv_heads);
}

core::Result<Problem> plan_problem(const RulePrices& prices, const Profile& profile, const Target& target,
                                   const Occupancy& occupancy) {
  const auto& task = prices.task();
  Problem problem;
  for (const auto& workload : task.workloads) problem.resources.push_back({resource_name(workload), Combine::kSum, {}});
  for (std::size_t rule = 0; rule < prices.rules().size(); ++rule) {
    RuleEntry entry{patterns::short_name(prices.rules()[rule]), std::vector<double>{}, {}};
    for (std::size_t w = 0; w < task.workloads.size(); ++w) {
      const auto heads = occupancy[rule * task.workloads.size() + w];
      const auto launch = prices.estimate(rule, w, heads);
      if (!launch) return launch.error();
      entry.cost->push_back(launch->time.value * 1e3 / static_cast<double>(heads));
    }
    problem.rules.push_back(std::move(entry));
  }
  const auto columns = profile_columns(prices, profile);
  for (int layer = 0; layer < static_cast<int>(task.layers); ++layer) {
    for (int head = 0; head < static_cast<int>(task.attention.kv_heads); ++head) {
      problem.heads.push_back(make_head(layer, head, task, profile, columns));
    }
    if (profile.one_rule_per_layer) problem.layers.push_back({layer, 1, {}, {}});
  }
  for (const auto& limit : target.limits) problem.limits.push_back({limit.of, limit.max, std::nullopt, {}});
  problem.minimize.push_back({target.minimized, false, {}});
  return problem;
}

}  // namespace spanwise::tuner
