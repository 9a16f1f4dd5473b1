// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_assignment.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace spanwise::tuner {
namespace {

void check_rules_per_layer(const Problem& problem, const TakenMap& taken) {
  std::map<int, std::set<std::uint32_t>> used;
  for (const auto& [place, choice] : taken) used[place.first].insert(choice.head->rule[choice.candidate]);
  for (const auto& layer : problem.layers) {
    const auto count = used[layer.layer].size();
    if (layer.max_rules && count > static_cast<std::size_t>(*layer.max_rules)) {
      reject(
          fmt::format("layer {} takes {} rules, at most {} allowed", layer.layer, count, *layer.max_rules));
    }
  }
}

}  // namespace

void reject(std::string reason) { throw Rejection{std::move(reason)}; }

TakenMap read_assignment(const Problem& problem, const std::vector<Choice>& assignment) {
  TakenMap taken;
  std::map<std::pair<int, int>, const std::string*> rules;
  for (const auto& choice : assignment) {
    if (!rules.emplace(std::pair{choice.layer, choice.head}, &choice.rule).second) {
      reject(fmt::format("layer {}, head {} is assigned twice", choice.layer, choice.head));
    }
  }
  for (const auto& head : problem.heads) {
    const auto found = rules.find({head.layer, head.head});
    if (found == rules.end()) reject(fmt::format("layer {}, head {} has no rule", head.layer, head.head));
    std::size_t k = 0;
    while (k < head.rule.size() && problem.rules[head.rule[k]].name != *found->second) ++k;
    if (k == head.rule.size()) {
      reject(fmt::format("layer {}, head {} may not take rule '{}'", head.layer, head.head, *found->second));
    }
    taken.emplace(std::pair{head.layer, head.head}, TakenCandidate{&head, k});
  }
  if (rules.size() != problem.heads.size())
    reject("the assignment names heads that the problem does not have");
  check_rules_per_layer(problem, taken);
  return taken;
}

}  // namespace spanwise::tuner
