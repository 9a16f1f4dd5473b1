// SPDX-License-Identifier: Apache-2.0
#include "tests/tuner/enumeration.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

namespace spanwise::tests {
namespace {

constexpr int kBits = 72;

Exact to_exact(double x) {
  const long double scaled = std::ldexp(static_cast<long double>(x), kBits);
  const auto exact = static_cast<Exact>(scaled);
  if (static_cast<long double>(exact) != scaled || std::fabs(x) > 0x1p40)
    throw std::logic_error("not on the oracle's grid");
  return exact;
}

double mixed(const tuner::Problem& problem, const tuner::Mix& mix, const tuner::Head& head, std::size_t k) {
  double sum = 0;
  for (const auto& [name, weight] : mix) {
    const auto loss = std::find(problem.losses.begin(), problem.losses.end(), name);
    double x = 0;
    if (loss != problem.losses.end()) {
      x = head.loss[k * problem.losses.size() + static_cast<std::size_t>(loss - problem.losses.begin())];
    } else {
      std::size_t r = 0;
      while (problem.resources[r].name != name) ++r;
      x = head.cost.empty() ? problem.rules[head.rule[k]].cost->at(r)
                            : head.cost[k * problem.resources.size() + r];
    }
    sum += weight * x;
  }
  return sum;
}

class Walk {
 public:
  Walk(const tuner::Problem& problem, const tuner::Mix& limited, const tuner::Mix& minimized)
      : problem_(problem), limited_(limited), minimized_(minimized) {
    for (const auto& head : problem.heads) heads_.push_back(&head);
    std::sort(heads_.begin(), heads_.end(), [](const auto* a, const auto* b) {
      return std::tie(a->layer, a->head) < std::tie(b->layer, b->head);
    });
  }

  std::vector<Assignment> run() {
    visit(0);
    return std::move(found_);
  }

 private:
  bool one_rule(int layer) const {
    return std::any_of(problem_.layers.begin(), problem_.layers.end(),
                       [&](const auto& l) { return l.layer == layer && l.max_rules == 1; });
  }

  void visit(std::size_t h) {
    if (h == heads_.size()) return found_.push_back(now_);
    const auto& head = *heads_[h];
    const bool follows = h > 0 && heads_[h - 1]->layer == head.layer && one_rule(head.layer);
    for (std::size_t k = 0; k < head.rule.size(); ++k) {
      const auto& name = problem_.rules[head.rule[k]].name;
      if (follows && name != now_.rules.back()) continue;
      const Exact cost = to_exact(mixed(problem_, limited_, head, k));
      const Exact value = to_exact(mixed(problem_, minimized_, head, k));
      now_.cost += cost;
      now_.value += value;
      now_.rules.push_back(name);
      visit(h + 1);
      now_.rules.pop_back();
      now_.cost -= cost;
      now_.value -= value;
    }
  }

  const tuner::Problem& problem_;
  const tuner::Mix& limited_;
  const tuner::Mix& minimized_;
  std::vector<const tuner::Head*> heads_;
  Assignment now_;
  std::vector<Assignment> found_;
};

}  // namespace

double to_number(Exact amount) {
  return std::ldexp(static_cast<double>(amount), -kBits);
}

std::vector<Assignment> all_assignments(const tuner::Problem& problem, const tuner::Mix& limited,
                                        const tuner::Mix& minimized) {
  return Walk(problem, limited, minimized).run();
}

const Assignment* best_within(const std::vector<Assignment>& assignments, double limit) {
  const Assignment* best = nullptr;
  for (const auto& a : assignments) {
    if (to_number(a.cost) > limit) continue;
    if (best == nullptr ||
        std::tie(a.value, a.cost, a.rules) < std::tie(best->value, best->cost, best->rules))
      best = &a;
  }
  return best;
}

}  // namespace spanwise::tests
