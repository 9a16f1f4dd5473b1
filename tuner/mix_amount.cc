// SPDX-License-Identifier: Apache-2.0
#include "tuner/mix_amount.h"

#include <algorithm>

namespace spanwise::tuner {

MixAmount::MixAmount(const Problem& problem, const Mix& mix) : problem_(problem) {
  for (const auto& [name, weight] : mix) {
    const auto loss = std::find(problem.losses.begin(), problem.losses.end(), name);
    if (loss != problem.losses.end()) {
      terms_.push_back({true, static_cast<std::size_t>(loss - problem.losses.begin()), weight});
      continue;
    }
    const auto resource = std::find_if(problem.resources.begin(), problem.resources.end(),
                                       [&, &wanted = name](const Resource& r) { return r.name == wanted; });
    core::ensure(resource != problem.resources.end(), "a mix names a loss or a resource");
    terms_.push_back({false, static_cast<std::size_t>(resource - problem.resources.begin()), weight});
  }
}

double MixAmount::operator()(const Head& head, std::size_t candidate) const {
  double sum = 0.0;
  for (const auto& term : terms_) {
    const double x = term.is_loss ? problem_.loss(head, candidate, term.index)
                                  : problem_.cost(head, candidate, term.index);
    sum += term.weight * x;
  }
  return sum;
}

std::ptrdiff_t candidate_with_rule(const Head& head, std::uint32_t rule) {
  const auto found = std::find(head.rule.begin(), head.rule.end(), rule);
  return found == head.rule.end() ? -1 : found - head.rule.begin();
}

}  // namespace spanwise::tuner
