// SPDX-License-Identifier: Apache-2.0
#include "tuner/mix_parts.h"

#include <algorithm>
#include <map>
#include <set>

#include "tuner/exact_sum.h"

namespace spanwise::tuner {

MixParts::MixParts(const Problem& problem, const Mix& mix) : problem_(problem), mix_(mix) {
  for (const auto& [name, weight] : mix) {
    const auto loss = std::find(problem.losses.begin(), problem.losses.end(), name);
    if (loss != problem.losses.end()) {
      terms_.push_back({true, static_cast<std::size_t>(loss - problem.losses.begin()), weight});
      continue;
    }
    const auto resource = std::find_if(problem.resources.begin(), problem.resources.end(),
                                       [&, &wanted = name](const Resource& r) { return r.name == wanted; });
    core::ensure(resource != problem.resources.end(), "a mix names a loss or a resource");
    const auto index = static_cast<std::size_t>(resource - problem.resources.begin());
    if (resource->combine == Combine::kSum) {
      terms_.push_back({false, index, weight});
    } else {
      peaks_.emplace_back(index, weight);
    }
  }
}

double MixParts::additive(const Head& head, std::size_t candidate) const {
  double sum = 0.0;
  for (const auto& term : terms_) {
    const double x = term.is_loss ? problem_.loss(head, candidate, term.index)
                                  : problem_.cost(head, candidate, term.index);
    sum += term.weight * x;
  }
  return sum;
}

double MixParts::launch(const Layer& layer) const {
  double sum = 0.0;
  for (const auto& [name, weight] : mix_) {
    const auto found = layer.launch.find(name);
    if (found != layer.launch.end()) sum += weight * found->second;
  }
  return sum;
}

void plan_parts(const Problem& problem, const Taken& taken, const Mix& mix, const std::function<void(double)>& add) {
  const MixParts parts(problem, mix);
  std::map<int, std::set<std::uint32_t>> rules;
  std::map<std::pair<int, std::pair<bool, int>>, std::vector<double>> peaks;  // by layer and group
  for (std::size_t h = 0; h < taken.size(); ++h) {
    const auto& head = problem.heads[h];
    add(parts.additive(head, taken[h]));
    rules[head.layer].insert(head.rule[taken[h]]);
    auto& peak = peaks[{head.layer, {head.kv_group.has_value(), head.kv_group.value_or(head.head)}}];
    peak.resize(parts.peaks().size(), 0.0);
    for (std::size_t p = 0; p < peak.size(); ++p)
      peak[p] = std::max(peak[p], problem.cost(head, taken[h], parts.peaks()[p].first));
  }
  for (const auto& [group, peak] : peaks) {
    for (std::size_t p = 0; p < peak.size(); ++p) add(parts.peaks()[p].second * peak[p]);
  }
  for (const auto& layer : problem.layers) {
    const double launch = parts.launch(layer);
    for (std::size_t i = 0; i < rules[layer.layer].size(); ++i) add(launch);
  }
}

double plan_amount(const Problem& problem, const Taken& taken, const Mix& mix) {
  ExactSum sum;
  plan_parts(problem, taken, mix, [&](double x) { sum.add(x); });
  return sum.value();
}

double plan_peak(const Problem& problem, const Taken& taken, const std::string& name) {
  const MixParts parts(problem, Mix{{name, 1.0}});
  double most = 0;
  for (std::size_t h = 0; h < taken.size(); ++h) {
    const auto& head = problem.heads[h];
    const double x = parts.peaks().empty() ? parts.additive(head, taken[h])
                                           : problem.cost(head, taken[h], parts.peaks()[0].first);
    most = h == 0 ? x : std::max(most, x);
  }
  return most;
}

std::ptrdiff_t candidate_with_rule(const Head& head, std::uint32_t rule) {
  const auto found = std::find(head.rule.begin(), head.rule.end(), rule);
  return found == head.rule.end() ? -1 : found - head.rule.begin();
}

}  // namespace spanwise::tuner
