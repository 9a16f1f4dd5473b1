// SPDX-License-Identifier: Apache-2.0
#include "tuner/legality.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/pass_price.h"

namespace spanwise::tuner {
namespace {

// Launches of a plan: for each rule the numbers of KV heads that some layer gives it.
std::vector<std::set<std::int64_t>> heads_of_launches(const Plan& plan) {
  std::vector<std::set<std::int64_t>> heads(plan.rules.size());
  for (std::int64_t layer = 0; layer < plan.task.layers; ++layer) {
    std::vector<std::int64_t> count(plan.rules.size(), 0);
    for (std::int64_t head = 0; head < plan.task.attention.kv_heads; ++head) ++count[static_cast<std::size_t>(plan.rule_of(layer, head))];
    for (std::size_t rule = 0; rule < count.size(); ++rule) {
      if (count[rule] > 0) heads[rule].insert(count[rule]);
    }
  }
  return heads;
}

}  // namespace

Legality check_tables_legality(const Plan& plan, const Problem& problem) {
  Legality legality;
  const auto layers = plan.task.layers, heads = plan.task.attention.kv_heads;
  std::map<std::pair<std::int64_t, std::int64_t>, const Head*> units;
  for (const auto& head : problem.heads) {
    if (head.layer >= layers || head.head >= heads)
      legality.violations.push_back(fmt::format("the tables have layer {} KV head {}, the plan has {} layers of {}", head.layer, head.head, layers, heads));
    units[{head.layer, head.head}] = &head;
  }
  std::map<std::int64_t, std::set<std::string>> rules;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    for (std::int64_t head = 0; head < heads; ++head) {
      const auto name = patterns::short_name(plan.rules[static_cast<std::size_t>(plan.rule_of(layer, head))]);
      rules[layer].insert(name);
      const auto unit = units.find({layer, head});
      if (unit == units.end()) {
        legality.violations.push_back(fmt::format("layer {} KV head {} is not in the tables", layer, head));
        continue;
      }
      const auto& allowed = unit->second->rule;
      if (std::none_of(allowed.begin(), allowed.end(), [&](auto rule) { return problem.rules[rule].name == name; }))
        legality.violations.push_back(fmt::format("layer {} KV head {} may not take '{}'", layer, head, name));
    }
  }
  for (const auto& layer : problem.layers) {
    const auto used = rules[layer.layer].size();
    if (layer.max_rules && used > static_cast<std::size_t>(*layer.max_rules))
      legality.violations.push_back(fmt::format("layer {} has {} rules and may have {}", layer.layer, used, *layer.max_rules));
  }
  return legality;
}

void check_kernels(const Plan& plan, const sim::Pricing& pricing, Legality& legality) {
  const auto launches = heads_of_launches(plan);
  for (std::size_t w = 0; w < plan.task.workloads.size(); ++w) {
    const auto& workload = plan.task.workloads[w];
    const auto& kernels = plan.times[w].kernels;
    for (std::size_t rule = 0; rule < plan.rules.size(); ++rule) {
      const auto name = patterns::short_name(plan.rules[rule]);
      if (rule >= kernels.size()) {
        legality.violations.push_back(fmt::format("no kernel is named for '{}' under {}", name, workload.name));
        continue;
      }
      for (const auto heads : launches[rule]) {
        ++legality.launches;
        const auto priced = sim::price_passes(plan.task.attention, plan.task.dtype, workload, plan.rules[rule], heads, kernels[rule], pricing);
        if (priced) continue;
        const auto& reason = priced.error().front();
        legality.violations.push_back(fmt::format("'{}' under {}: {}", name, workload.name, reason.message));
        break;
      }
    }
  }
}

}  // namespace spanwise::tuner
