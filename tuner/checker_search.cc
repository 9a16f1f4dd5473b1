// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_search.h"

#include <algorithm>

namespace spanwise::tuner {
namespace {

struct Partial {
  WideInteger cost, value;
  double reduced;
};

// Sorts and drops every partial assignment that another one matches or beats in cost and value.
void keep_unbeaten(std::vector<Partial>& partials) {
  std::sort(partials.begin(), partials.end(), [](const Partial& a, const Partial& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.value < b.value;
  });
  std::size_t kept = 0;
  for (const auto& partial : partials) {
    if (kept == 0 || partial.value < partials[kept - 1].value) partials[kept++] = partial;
  }
  partials.resize(kept);
}

}  // namespace

OpenResult search_open(const OpenProblem& problem) {
  // The least and the most that the classes still to come can cost.
  WideInteger least = 0, most = 0;
  const auto by_cost = [](const OpenOption& a, const OpenOption& b) { return a.cost < b.cost; };
  for (const auto& options : problem.classes) {
    least += std::min_element(options.begin(), options.end(), by_cost)->cost;
    most += std::max_element(options.begin(), options.end(), by_cost)->cost;
  }
  std::vector<Partial> partials{{0, 0, 0.0}}, next;
  std::uint64_t made = 0;
  for (const auto& options : problem.classes) {
    least -= std::min_element(options.begin(), options.end(), by_cost)->cost;
    most -= std::max_element(options.begin(), options.end(), by_cost)->cost;
    next.clear();
    for (const auto& from : partials) {
      for (const auto& option : options) {
        const Partial to{from.cost + option.cost, from.value + option.value, from.reduced + option.reduced};
        if (to.cost + least > problem.room) continue;
        const double unused = static_cast<double>(problem.room - to.cost - most) * problem.cost_unit;
        if (to.reduced + problem.multiplier * std::max(0.0, unused) > problem.threshold) continue;
        next.push_back(to);
      }
    }
    made += next.size();
    if (made > problem.max_labels) return {};
    keep_unbeaten(next);
    partials.swap(next);
  }
  OpenResult result;
  result.complete = true;
  for (const auto& partial : partials) {
    const bool better = !result.found || partial.value < result.value ||
                        (partial.value == result.value && partial.cost < result.cost);
    if (!better) continue;
    result.found = true;
    result.cost = partial.cost;
    result.value = partial.value;
  }
  return result;
}

}  // namespace spanwise::tuner
