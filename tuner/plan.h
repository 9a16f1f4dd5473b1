// SPDX-License-Identifier: Apache-2.0
// Which rule every layer and KV head uses, what it is expected to gain, and the certificate: what plan.yaml holds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/provenance.h"
#include "core/result.h"
#include "core/units.h"
#include "tuner/certificate.h"
#include "tuner/rule_prices.h"

namespace spanwise::tuner {

// Times of one workload; attention is of all layers in one pass (one diffusion step).
struct PlannedTime {
  core::Seconds dense;       // attention with dense kernels
  core::Seconds planned;     // attention of the plan, every launch priced by sim
  core::Seconds low, high;   // 90 % interval of planned
  core::Seconds searched;    // what the search believed: the sum over its tables
  core::Seconds dense_model, planned_model;  // the whole model over all steps, dense warm-up included
  core::Basis basis = core::Basis::kAssumed;
  std::string dense_kernel;
  std::vector<std::string> kernels;  // that runs each rule of Plan::rules
};

struct Plan {
  std::string model;
  std::string hardware;
  AttentionTask task;
  // Where the planned layers stand in the model, when it has others too; empty: all layers are planned.
  std::vector<std::int64_t> layer_numbers;
  std::string minimize;
  std::string limit;                      // in words
  core::Provenance losses;
  std::vector<patterns::Pattern> rules;   // those in use, dense first, then by name
  std::vector<std::int32_t> map;          // rule of (layer, KV head) at layer * kv_heads + kv_head
  double loss = 0;
  std::vector<PlannedTime> times;         // one a workload of the task
  std::string problem_file;               // beside plan.yaml
  Certificate certificate;                // carries the hash of the problem's bytes

  std::int32_t rule_of(std::int64_t layer, std::int64_t kv_head) const {
    return map[static_cast<std::size_t>(layer * task.attention.kv_heads + kv_head)];
  }
};

// Deterministic; layers with the same rules are written as one range.
std::string to_yaml(const Plan& plan);

core::Result<Plan> read_plan(const std::filesystem::path& path);

}  // namespace spanwise::tuner
