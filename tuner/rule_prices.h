// SPDX-License-Identifier: Apache-2.0
// The price of every rule under every workload: how long one launch of some of a layer's heads takes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "sim/kernel_choice.h"
#include "sim/model.h"
#include "sim/pass_price.h"

namespace spanwise::tuner {

// What the prices of a plan stand on; the shapes of a model's attention without the rest of the model.
struct AttentionTask {
  sim::AttentionSpec attention;
  core::DType dtype = core::DType::kBf16;
  std::int64_t layers = 1;  // those with full attention
  std::vector<sim::Workload> workloads;

  // One launch of `kv_heads` KV heads and their query heads in the last pass of the workload.
  patterns::Case shape(const sim::Workload& workload, const patterns::Pattern& rule, std::int64_t kv_heads) const;
};

AttentionTask attention_task(const sim::Model& model);

class RulePrices {
 public:
  RulePrices(AttentionTask task, std::vector<patterns::Pattern> rules, sim::Pricing pricing)
      : task_(std::move(task)), rules_(std::move(rules)), pricing_(pricing) {}

  // Prices every rule for all heads of a layer, in parallel. Rules that no kernel of the machine runs under every
  // workload are dropped and listed in `dropped()`; dense must stay.
  core::Status prepare(core::ThreadPool& pool);

  const AttentionTask& task() const { return task_; }
  const std::vector<patterns::Pattern>& rules() const { return rules_; }
  const std::vector<std::string>& dropped() const { return dropped_; }
  std::size_t dense_rule() const { return dense_rule_; }
  const sim::Pricing& pricing() const { return pricing_; }

  // One launch of all heads of a layer in the last pass; the estimate is of all passes.
  const sim::Choice& choice(std::size_t rule, std::size_t workload) const;

  // The same kernel with `kv_heads` of the heads.
  core::Result<sim::Estimate> estimate(std::size_t rule, std::size_t workload, std::int64_t kv_heads) const;

  // Attention of all layers with dense attention.
  core::Seconds dense_total(std::size_t workload) const;

 private:
  AttentionTask task_;
  std::vector<patterns::Pattern> rules_;
  sim::Pricing pricing_;
  std::vector<std::string> dropped_;
  std::size_t dense_rule_ = 0;
  std::vector<std::optional<sim::Choice>> choices_;  // [rule * workloads + workload]
};

}  // namespace spanwise::tuner
