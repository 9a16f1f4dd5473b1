// SPDX-License-Identifier: Apache-2.0
#include "tuner/rule_prices.h"

#include <fmt/format.h>

#include <algorithm>

namespace spanwise::tuner {

patterns::Case AttentionTask::shape(const sim::Workload& workload, const patterns::Pattern& rule,
                                    std::int64_t kv_heads) const {
  return sim::attention_case(attention, dtype, workload, workload.passes().back(), rule, kv_heads);
}

AttentionTask attention_task(const sim::Model& model) {
  const auto planned = model.planned_layers();
  return {model.attention(), model.dtype, static_cast<std::int64_t>(planned.size()), model.planned_workloads()};
}

core::Status RulePrices::prepare(core::ThreadPool& pool) {
  const auto workloads = task_.workloads.size();
  std::vector<std::optional<core::Result<sim::Choice>>> priced(rules_.size() * workloads);
  pool.run(priced.size(), [&](std::size_t item, int) {
    const auto& workload = task_.workloads[item % workloads];
    priced[item] = sim::price_passes(task_.attention, task_.dtype, workload, rules_[item / workloads], task_.attention.kv_heads, {}, pricing_);
  });

  std::vector<patterns::Pattern> kept;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    const auto first = priced.begin() + static_cast<std::ptrdiff_t>(rule * workloads);
    const auto bad = std::find_if(first, first + static_cast<std::ptrdiff_t>(workloads),
                                  [](const auto& result) { return !*result; });
    const bool dense = std::holds_alternative<patterns::Dense>(rules_[rule]);
    if (bad != first + static_cast<std::ptrdiff_t>(workloads)) {
      const auto& reasons = (*bad)->error();
      // A missing kernel drops the rule; anything else is trouble that the user must hear about.
      if (dense || core::exit_code(reasons) != 1) return reasons;
      dropped_.push_back(reasons.front().message);
      continue;
    }
    if (dense) dense_rule_ = kept.size();
    for (std::size_t w = 0; w < workloads; ++w) choices_.push_back(std::move(**priced[rule * workloads + w]));
    kept.push_back(rules_[rule]);
  }
  rules_ = std::move(kept);
  return core::Done{};
}

const sim::Choice& RulePrices::choice(std::size_t rule, std::size_t workload) const {
  return *choices_.at(rule * task_.workloads.size() + workload);
}

core::Result<sim::Estimate> RulePrices::estimate(std::size_t rule, std::size_t workload, std::int64_t kv_heads) const {
  if (kv_heads == task_.attention.kv_heads) return choice(rule, workload).estimate;
  auto priced = sim::price_passes(task_.attention, task_.dtype, task_.workloads[workload], rules_[rule], kv_heads,
                                  choice(rule, workload).estimate.kernel, pricing_);
  if (!priced) return priced.error();
  return priced->estimate;
}

core::Seconds RulePrices::dense_total(std::size_t workload) const {
  return choice(dense_rule_, workload).estimate.time * static_cast<double>(task_.layers);
}

}  // namespace spanwise::tuner
