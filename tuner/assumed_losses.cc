// SPDX-License-Identifier: Apache-2.0
// The model of attention mass behind plans without a profile. Every constant here is an assumption, chosen to be
// simple and said aloud in every output; docs/losses.md argues for them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tuner/profile.h"

namespace spanwise::tuner {
namespace {

// Published systems keep the first two layers dense (TidalDecode, DELTA): their loss counts four times.
constexpr std::size_t kFirstLayers = 2;
constexpr double kFirstLayersWeight = 4.0;
// StreamingLLM (arXiv 2309.17453): a few first tokens draw a large share of the mass, whatever they say.
constexpr double kSinkShare = 0.3;
constexpr std::int64_t kSinkTokens = 4;

// sum of 1 / distance for distances 1..n, and its share within a window: (ln w) / (ln n) up to constants.
double harmonic(double n) { return std::log1p(n); }

// Share of the mass of one axis that a window keeps, for a query in the middle of an axis of n tokens.
double kept_two_sided(double window, double n) {
  return std::min(1.0, harmonic(window / 2) / std::max(harmonic(n / 2), 1e-9));
}

double kept_mass(const patterns::Pattern& rule, const sim::Workload& workload) {
  const auto grid = workload.grid();
  if (const auto* window = std::get_if<patterns::SlidingWindow>(&rule)) {
    const auto n = static_cast<double>(grid[0]);
    const auto w = std::min(static_cast<double>(window->window), n);
    const double local = window->causal ? std::min(1.0, harmonic(w) / harmonic(n)) : kept_two_sided(w, n);
    const double sinks = window->sinks >= kSinkTokens || w >= n ? 1.0 : static_cast<double>(window->sinks) / kSinkTokens;
    return kSinkShare * sinks + (1 - kSinkShare) * local;
  }
  if (const auto* hood = std::get_if<patterns::Neighborhood>(&rule)) {
    double kept = 1.0;
    for (std::size_t axis = 0; axis < grid.size(); ++axis) {
      const auto span = static_cast<double>(hood->window[axis] * hood->dilation[axis]);
      // A dilated window sees one of `dilation` keys of its span.
      kept *= kept_two_sided(std::min(span, static_cast<double>(grid[axis])), static_cast<double>(grid[axis])) /
              static_cast<double>(hood->dilation[axis]);
    }
    // A stride shares one window among its group: on average the window is off centre by a quarter stride.
    for (std::size_t axis = 0; axis < grid.size(); ++axis) {
      const double off = 0.25 * static_cast<double>(hood->stride[axis] - 1) / static_cast<double>(grid[axis]);
      kept *= 1.0 - 0.1 * off;
    }
    return kept;
  }
  return 1.0;
}

// What the model of mass knows; of other kinds it would say that they lose nothing.
core::Status check_known(const std::vector<patterns::Pattern>& rules) {
  for (const auto& rule : rules) {
    if (std::holds_alternative<patterns::Dense>(rule) || std::holds_alternative<patterns::SlidingWindow>(rule) ||
        std::holds_alternative<patterns::Neighborhood>(rule)) {
      continue;
    }
    return core::fail(core::Fault::kInput, fmt::format("no loss can be assumed for the rule '{}'", patterns::to_json(rule)),
                      "give its losses with --profile FILE; assumed losses know dense, sliding_window and neighborhood");
  }
  return core::Done{};
}

}  // namespace

core::Result<Profile> assumed_profile(const sim::Model& model) {
  Profile profile;
  profile.name = "assumed";
  profile.from = {core::Basis::kAssumed, "share of attention mass hidden if mass falls as 1/distance (docs/losses.md)"};
  profile.one_rule_per_layer = true;
  profile.rules = model.rules.empty() ? default_rules(model) : model.rules;
  if (const auto known = check_known(profile.rules); !known) return known.error();
  const auto planned = model.planned_layers();
  const auto workloads = model.planned_workloads();
  const auto heads = model.attention().q_heads;
  std::vector<double> by_rule;
  for (const auto& rule : profile.rules) {
    double lost = 0;
    for (const auto& workload : workloads) lost += 1.0 - kept_mass(rule, workload);
    by_rule.push_back(lost / static_cast<double>(workloads.size()));
  }
  // Weights add up to 1 over all heads, so the loss of a plan is a mean share of hidden mass.
  const auto share = [](std::size_t layer) { return layer < kFirstLayers ? kFirstLayersWeight : 1.0; };
  double shares = 0;
  for (const auto layer : planned) shares += share(layer);
  const double unit = 1.0 / (static_cast<double>(heads) * shares);
  for (const auto layer : planned) {
    const double weight = unit * share(layer);
    for (std::int64_t head = 0; head < heads; ++head) {
      for (const double lost : by_rule) profile.losses.push_back(weight * lost);
    }
  }
  return profile;
}

std::vector<patterns::Pattern> default_rules(const sim::Model& model) {
  const bool causal = model.attention().causal;
  std::vector<patterns::Pattern> rules = {patterns::Dense{causal}};
  const auto workloads = model.planned_workloads();
  std::int64_t shortest = workloads.front().kv_len;
  for (const auto& workload : workloads) shortest = std::min(shortest, workload.kv_len);
  const auto& grid = workloads.front().tokens;
  if (grid.size() <= 1) {
    for (std::int64_t window = 256; window < shortest; window *= 2) {
      rules.push_back(patterns::SlidingWindow{window, causal ? 64 : 0, causal});
    }
    return rules;
  }
  // Quarters of every axis, and a stride of an eighth, rounded down to a power of two so that tiles divide it.
  for (const double share : {0.25, 0.5, 0.75}) {
    patterns::Neighborhood hood;
    for (const auto length : grid) {
      const auto window = std::max<std::int64_t>(1, static_cast<std::int64_t>(share * static_cast<double>(length)));
      hood.window.push_back(window);
      hood.stride.push_back(1);
      hood.dilation.push_back(1);
      hood.causal.push_back(false);
    }
    rules.push_back(hood);
    for (std::size_t axis = 0; axis < grid.size(); ++axis) {
      std::int64_t stride = 1;
      while (stride * 2 <= std::min(grid[axis] / 8, hood.window[axis])) stride *= 2;
      hood.stride[axis] = stride;
    }
    if (rules.back() != patterns::Pattern(hood)) rules.push_back(hood);
  }
  return rules;
}

}  // namespace spanwise::tuner
