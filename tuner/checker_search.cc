// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker_search.h"

#include <algorithm>
#include <optional>

namespace spanwise::tuner {
namespace {

struct Partial {
  WideInteger cost, value;
  double reduced;
};

struct Range {
  WideInteger least = 0, most = 0;
};

Range cost_range(const std::vector<OpenOption>& options) {
  const auto [low, high] = std::minmax_element(options.begin(), options.end(),
                                               [](const auto& a, const auto& b) { return a.cost < b.cost; });
  return {low->cost, high->cost};
}

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

class Search {
 public:
  explicit Search(const OpenProblem& problem) : problem_(problem) {
    for (const auto& options : problem.classes) {
      const auto range = cost_range(options);
      rest_.least += range.least;
      rest_.most += range.most;
    }
  }

  // The unbeaten partial assignments of the classes that `mine` selects; empty when there are too many.
  template <class Mine>
  std::optional<std::vector<Partial>> list(Mine&& mine) {
    Range rest = rest_;  // of all classes that are not yet in the list, the other half's too
    std::vector<Partial> partials{{0, 0, 0.0}}, next;
    for (std::size_t i = 0; i < problem_.classes.size(); ++i) {
      if (!mine(i)) continue;
      const auto range = cost_range(problem_.classes[i]);
      rest.least -= range.least;
      rest.most -= range.most;
      next.clear();
      for (const auto& from : partials) {
        for (const auto& option : problem_.classes[i]) {
          const Partial to{from.cost + option.cost, from.value + option.value, from.reduced + option.reduced};
          if (may_lead(to, rest)) next.push_back(to);
        }
      }
      made_ += next.size();
      if (made_ > problem_.max_labels) return std::nullopt;
      keep_unbeaten(next);
      partials.swap(next);
    }
    return partials;
  }

 private:
  bool may_lead(const Partial& to, const Range& rest) const {
    if (to.cost + rest.least > problem_.room) return false;
    const double unused = static_cast<double>(problem_.room - to.cost - rest.most) * problem_.cost_unit;
    return to.reduced + problem_.multiplier * std::max(0.0, unused) <= problem_.threshold;
  }

  const OpenProblem& problem_;
  Range rest_;
  std::uint64_t made_ = 0;
};

}  // namespace

OpenResult search_open(const OpenProblem& problem) {
  Search search(problem);
  const auto half = problem.classes.size() / 2;
  const auto front = search.list([&](std::size_t i) { return i < half; });
  if (!front) return {};
  const auto back = search.list([&](std::size_t i) { return i >= half; });
  if (!back) return {};
  OpenResult result;
  result.complete = true;
  // Both lists rise in cost and fall in value: the best partner is the last that fits.
  auto fitting = back->size();
  for (const auto& a : *front) {
    while (fitting > 0 && a.cost + (*back)[fitting - 1].cost > problem.room) --fitting;
    if (fitting == 0) break;
    const WideInteger cost = a.cost + (*back)[fitting - 1].cost;
    const WideInteger value = a.value + (*back)[fitting - 1].value;
    if (result.found && (value > result.value || (value == result.value && cost >= result.cost))) continue;
    result = {true, true, cost, value};
  }
  return result;
}

}  // namespace spanwise::tuner
