// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "tuner/checker_assignment.h"
#include "tuner/checker_groups.h"
#include "tuner/checker_search.h"
#include "tuner/checker_sum.h"
#include "tuner/goals_checker.h"

namespace spanwise::tuner {
namespace {

class Check {
 public:
  Check(const Problem& problem, const Claim& claim, const CheckOptions& options)
      : problem_(problem), claim_(claim), stated_(claim.certificate), options_(options) {
    if (!problem.limits.empty()) {
      limited_ = problem.limits.front().of;
      limit_ = *problem.limits.front().max;
    }
    minimized_ = problem.minimize.front().of;
  }

  Verdict run(std::string_view tables_sha256) {
    if (stated_.tables_sha256 != tables_sha256) {
      reject(fmt::format("the certificate is about other tables (SHA-256 {}, these have {})",
                         stated_.tables_sha256, tables_sha256));
    }
    read_multiplier();
    taken_ = read_assignment(problem_, claim_.assignment);
    check_sums();
    tables_ = make_groups(problem_, taken_, limited_, minimized_);
    exact_ = tables_.cost_grid.exact() && tables_.value_grid.exact();
    if (exact_) check_ties();
    check_bound();
    return close_gap();
  }

 private:

  bool limited() const { return !problem_.limits.empty(); }

  void read_multiplier() {
    std::set<std::string> expected;
    for (const auto& limit : problem_.limits) expected.insert(mix_name(limit.of));
    if (stated_.multipliers.size() != expected.size())
      reject("the certificate needs one multiplier for each limit");
    for (const auto& [name, value] : stated_.multipliers) {
      if (expected.count(name) == 0)
        reject(fmt::format("there is no limit '{}' for the multiplier of that name", name));
      if (!(value >= 0.0) || !std::isfinite(value)) reject("a multiplier must be finite and at least 0");
      multiplier_ = value;
    }
  }

  double total(const Mix& mix) const {
    const CheckedAmount amount(problem_, mix);
    WideSum sum;
    for (const auto& [place, choice] : taken_) sum.add(amount.of(*choice.head, choice.candidate));
    return sum.value();
  }

  void check_stated(const std::vector<NamedNumber>& stated, const std::set<std::string>& names,
                    const char* what) const {
    if (stated.empty()) return;
    std::set<std::string> seen;
    for (const auto& number : stated) {
      if (names.count(number.name) == 0) reject(fmt::format("the problem has no {} '{}'", what, number.name));
      const double sum = total({{number.name, 1.0}});
      if (sum != number.value) {
        reject(fmt::format("the {} '{}' of this assignment is {}, not {}", what, number.name, sum,
                           number.value));
      }
      seen.insert(number.name);
    }
    if (seen != names) reject(fmt::format("the sum of a {} is missing", what));
  }

  void check_sums() {
    std::set<std::string> resources;
    for (const auto& resource : problem_.resources) resources.insert(resource.name);
    check_stated(claim_.loss, {problem_.losses.begin(), problem_.losses.end()}, "loss");
    check_stated(claim_.cost, resources, "cost");
    value_ = total(minimized_);
    if (value_ != stated_.value)
      reject(fmt::format("the value of this assignment is {}, not {}", value_, stated_.value));
    if (!limited()) return;
    const double sum = total(limited_);
    if (!(sum <= limit_))
      reject(fmt::format("'{}' is {}, above its limit {}", mix_name(limited_), sum, limit_));
  }

  // No other option of a group is as good in value and cost; at a full tie the smallest name counts.
  void check_ties() const {
    for (const auto& group : tables_.groups) {
      const auto& chosen = group.options[group.chosen];
      const auto& chosen_name = problem_.rules[chosen.rule].name;
      for (const auto& other : group.options) {
        if (other.value_units > chosen.value_units || other.cost_units > chosen.cost_units) continue;
        const auto& name = problem_.rules[other.rule].name;
        const bool tie = other.value_units == chosen.value_units && other.cost_units == chosen.cost_units;
        if (tie && chosen_name <= name) continue;
        const auto& head = *group.heads.front();
        reject(fmt::format("layer {}, head {}: rule '{}' is {} '{}'", head.layer, head.head, name,
                           tie ? "as good and comes before" : "better than", chosen_name));
      }
    }
  }

  void check_bound() {
    WideSum bound;
    double size = std::fabs(value_);
    for (const auto& group : tables_.groups) {
      double least = std::numeric_limits<double>::infinity();
      double least_size = 0;
      for (const auto& option : group.options) {
        const double relaxed = option.value + multiplier_ * option.cost;
        if (relaxed >= least) continue;
        least = relaxed;
        least_size = std::fabs(option.value) + multiplier_ * std::fabs(option.cost);
      }
      if (!std::isfinite(least)) reject("the multiplier is too large to compute with");
      least_.push_back(least);
      bound.add(least);
      size += least_size;
    }
    if (limited() && multiplier_ > 0) {
      const double product = multiplier_ * limit_;
      if (!std::isfinite(product)) reject("the multiplier is too large to compute with");
      bound.add(-product);
      size += std::fabs(product);
    }
    bound_ = bound.value();
    rounding_ = 0x1.0p-46 * size;
    if (!(std::fabs(stated_.dual_bound - bound_) <= rounding_)) {
      reject(fmt::format("the multipliers give the dual bound {}, not {}", bound_, stated_.dual_bound));
    }
    const double unit = std::max(std::fabs(value_), 1e-9);
    gap_ = std::max(0.0, (value_ - bound_) / unit);
    if (!(std::fabs(stated_.gap - gap_) <= rounding_ / unit)) {
      reject(fmt::format("value and dual bound are {} apart, not {}", gap_, stated_.gap));
    }
  }

  Verdict left_open(std::string why) const {
    return {Verdict::Kind::kBoundChecked, gap_, stated_.proved, std::move(why)};
  }

  // An assignment lies above the bound by what its options lie above the least of their groups, so options
  // further away than the gap are out; the rest is searched.
  Verdict close_gap() const {
    if (!exact_) return left_open("the numbers differ too much in size for the checker's integers");
    OpenProblem open;
    open.multiplier = multiplier_;
    open.threshold = std::max(0.0, value_ - bound_) + rounding_;
    open.cost_unit = tables_.cost_grid.unit();
    open.max_labels = options_.max_labels;
    if (limited()) open.room = tables_.cost_grid.room(limit_);
    WideInteger value = 0, cost = 0;  // of the claimed assignment, in groups that are still open
    for (std::size_t g = 0; g < tables_.groups.size(); ++g) {
      const auto& group = tables_.groups[g];
      std::vector<OpenOption> options;
      for (const auto& option : group.options) {
        const double reduced = option.value + multiplier_ * option.cost - least_[g];
        if (reduced <= open.threshold) options.push_back({option.cost_units, option.value_units, reduced});
      }
      value += group.options[group.chosen].value_units;
      cost += group.options[group.chosen].cost_units;
      if (options.size() == 1) {
        value -= options[0].value;
        cost -= options[0].cost;
        open.room -= options[0].cost;
      } else {
        open.classes.push_back(std::move(options));
      }
    }
    const auto result = search_open(open);
    if (!result.complete)
      return left_open(fmt::format("closing it takes more than {} steps", options_.max_labels));
    if (result.found && result.value < value) reject("an assignment of smaller value exists");
    if (result.found && result.value == value && result.cost < cost) {
      reject("an assignment of the same value at less cost exists");
    }
    return {Verdict::Kind::kProvedAgain, 0.0, stated_.proved, {}};
  }

  const Problem& problem_;
  const Claim& claim_;
  const Certificate& stated_;
  const CheckOptions& options_;
  Mix limited_, minimized_;
  double limit_ = 0;
  TakenMap taken_;
  Groups tables_;
  std::vector<double> least_;  // least value + multiplier * cost of each group
  double multiplier_ = 0, value_ = 0, bound_ = 0, rounding_ = 0, gap_ = 0;
  bool exact_ = false;
};

}  // namespace

namespace {

// One upper limit, one sum to minimize, heads apart or layers of one rule.
bool is_plain(const Problem& problem) {
  for (const auto& resource : problem.resources) {
    if (resource.combine != Combine::kSum) return false;
  }
  for (const auto& layer : problem.layers) {
    if (layer.max_rules.value_or(1) != 1 || !layer.launch.empty()) return false;
  }
  if (problem.minimize.size() != 1 || problem.minimize[0].bottleneck || problem.limits.size() > 1) return false;
  return problem.limits.empty() || (problem.limits[0].max && !problem.limits[0].min);
}

}  // namespace

Claim claim_of(const Solution& solution) {
  return {solution.assignment, solution.loss, solution.cost, solution.certificate};
}

std::string Verdict::text() const {
  switch (kind) {
    case Kind::kProvedAgain:
      return "optimal, proved again";
    case Kind::kBoundChecked:
      return fmt::format("{}, bound checked (gap {:.1e}: {})", claimed ? "optimality claimed" : "feasible",
                         gap, reason);
    case Kind::kRejected:
      break;
  }
  return "rejected: " + reason;
}

Verdict check(const Problem& problem, std::string_view tables_sha256, const Claim& claim,
              const CheckOptions& options) {
  try {
    if (!is_plain(problem)) return check_goals(problem, tables_sha256, claim, options);
    if (!claim.certificate.later.empty()) throw Rejection{"one objective, but proofs of several"};
    return Check(problem, claim, options).run(tables_sha256);
  } catch (const Rejection& rejection) {
    return {Verdict::Kind::kRejected, 0.0, false, rejection.reason};
  }
}

}  // namespace spanwise::tuner
