// SPDX-License-Identifier: Apache-2.0
// What each rule costs in quality on each head. A plan is only as good as its profile.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "core/provenance.h"
#include "core/result.h"
#include "patterns/pattern.h"
#include "sim/model.h"

namespace spanwise::tuner {

struct Profile {
  std::string name;
  core::Provenance from;
  std::vector<patterns::Pattern> rules;  // distinct short names
  // Loss of rule r on query head h of layer l at [(l * q_heads + h) * rules + r]; NaN forbids the rule there.
  std::vector<double> losses;
  bool one_rule_per_layer = false;  // such losses say nothing about single heads

  double loss(std::int64_t layer, std::int64_t head, std::int64_t q_heads, std::size_t rule) const {
    return losses[static_cast<std::size_t>(layer * q_heads + head) * rules.size() + rule];
  }
};

// docs/formats.md, "Profile". The shape must be that of the model: layers x query heads x rules; a rule must fit every
// workload; `dense` must be among the rules.
core::Result<Profile> read_profile(const std::filesystem::path& path, const sim::Model& model);

// Losses when nobody measured any: the share of attention mass that a rule hides if mass falls off as 1 / distance,
// and sinks hold a fixed share of it (docs/losses.md). It shows where time can go, not that quality holds.
// Fails for rules of kinds that this says nothing about: all but dense, sliding_window and neighborhood.
core::Result<Profile> assumed_profile(const sim::Model& model);

// Rules worth trying when neither the profile nor the model names any.
std::vector<patterns::Pattern> default_rules(const sim::Model& model);

}  // namespace spanwise::tuner
