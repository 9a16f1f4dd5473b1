// SPDX-License-Identifier: Apache-2.0
#include "tuner/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "tuner/checker_search.h"
#include "tuner/checker_sum.h"

namespace spanwise::tuner {
namespace {

struct Rejection {
  std::string reason;
};

// One of the choices of a group of heads that choose together.
struct Option {
  std::uint32_t rule;
  double cost = 0, value = 0;
  WideInteger cost_units = 0, value_units = 0;
};

struct Group {
  std::vector<const Head*> heads;
  std::vector<Option> options;
  std::size_t chosen = 0;
};

// Numbers as integers times one power of two, where that loses nothing.
class Grid {
 public:
  void cover(double x) { largest_ = std::max(largest_, std::fabs(x)); }
  void fix(std::size_t count) { shift_ = 120 - std::ilogb(std::max(largest_, 1e-280)) - std::ilogb(2.0 * static_cast<double>(count)); }
  WideInteger units(double x) {
    const long double scaled = std::ldexp(static_cast<long double>(x), shift_);
    const auto units = static_cast<WideInteger>(scaled);
    exact_ = exact_ && static_cast<long double>(units) == scaled;
    return units;
  }
  double unit() const { return std::ldexp(1.0, -shift_); }
  bool exact() const { return exact_; }

  // Sums up to the point half way to the next double round to at most `limit`.
  WideInteger room(double limit) const {
    const auto next = static_cast<long double>(std::nextafter(limit, std::numeric_limits<double>::infinity()));
    const long double edge = std::ldexp((static_cast<long double>(limit) + next) / 2, shift_);
    if (edge >= 0x1.0p125L) return static_cast<WideInteger>(1) << 125;
    auto room = static_cast<WideInteger>(std::floor(edge));
    // The point itself rounds to the even one of its neighbours.
    if (static_cast<long double>(room) == edge && std::fmod(std::ldexp(std::fabs(limit), 52 - std::ilogb(limit == 0 ? 1.0 : limit)), 2.0) != 0.0) --room;
    return room;
  }

 private:
  double largest_ = 0;
  int shift_ = 0;
  bool exact_ = true;
};

class Check {
 public:
  Check(const Problem& problem, const Claim& claim, const CheckOptions& options)
      : problem_(problem), claim_(claim), stated_(claim.certificate), options_(options) {}

  Verdict run(std::string_view tables_sha256) {
    if (stated_.tables_sha256 != tables_sha256) {
      throw Rejection{fmt::format("the certificate is about other tables (SHA-256 {}, these have {})",
                                  stated_.tables_sha256, tables_sha256)};
    }
    read_multiplier();
    read_assignment();
    check_rules_per_layer();
    check_sums();
    make_groups();
    check_ties();
    check_bound();
    return close_gap();
  }

 private:
  [[noreturn]] static void reject(std::string reason) { throw Rejection{std::move(reason)}; }

  const Limit* limit() const { return problem_.limits.empty() ? nullptr : &problem_.limits.front(); }

  void read_multiplier() {
    std::map<std::string, double> expected;
    if (limit() != nullptr) expected[mix_name(limit()->of)];
    if (stated_.multipliers.size() != expected.size()) reject("the certificate needs one multiplier for each limit");
    for (const auto& [name, value] : stated_.multipliers) {
      if (expected.count(name) == 0) reject(fmt::format("the certificate has a multiplier for an unknown limit '{}'", name));
      if (!(value >= 0.0) || !std::isfinite(value)) reject("a multiplier must be finite and at least 0");
      multiplier_ = value;
    }
  }

  void read_assignment() {
    std::map<std::pair<int, int>, const std::string*> rules;
    for (const auto& choice : claim_.assignment) {
      if (!rules.emplace(std::pair{choice.layer, choice.head}, &choice.rule).second) {
        reject(fmt::format("layer {}, head {} is assigned twice", choice.layer, choice.head));
      }
    }
    for (const auto& head : problem_.heads) {
      const auto found = rules.find({head.layer, head.head});
      if (found == rules.end()) reject(fmt::format("layer {}, head {} has no rule", head.layer, head.head));
      std::optional<std::size_t> taken;
      for (std::size_t k = 0; k < head.rule.size(); ++k) {
        if (problem_.rules[head.rule[k]].name == *found->second) taken = k;
      }
      if (!taken) reject(fmt::format("layer {}, head {} may not take rule '{}'", head.layer, head.head, *found->second));
      taken_[{head.layer, head.head}] = {&head, *taken};
    }
    if (rules.size() != problem_.heads.size()) reject("the assignment has heads that the problem has not");
  }

  void check_rules_per_layer() const {
    std::map<int, std::set<std::uint32_t>> used;
    for (const auto& [place, choice] : taken_) used[place.first].insert(choice.head->rule[choice.candidate]);
    for (const auto& layer : problem_.layers) {
      if (layer.max_rules && used[layer.layer].size() > static_cast<std::size_t>(*layer.max_rules)) {
        reject(fmt::format("layer {} takes {} rules, at most {} are allowed", layer.layer, used[layer.layer].size(),
                           *layer.max_rules));
      }
    }
  }

  // A candidate's amount of a mix, as problem.h defines it.
  double amount(const Mix& mix, const Head& head, std::size_t candidate) const {
    double sum = 0;
    for (const auto& [name, weight] : mix) {
      for (std::size_t i = 0; i < problem_.losses.size(); ++i) {
        if (problem_.losses[i] == name) sum += weight * problem_.loss(head, candidate, i);
      }
      for (std::size_t i = 0; i < problem_.resources.size(); ++i) {
        if (problem_.resources[i].name == name) sum += weight * problem_.cost(head, candidate, i);
      }
    }
    return sum;
  }

  double total(const Mix& mix) const {
    WideSum sum;
    for (const auto& [place, choice] : taken_) sum.add(amount(mix, *choice.head, choice.candidate));
    return sum.value();
  }

  void check_stated(const std::vector<NamedNumber>& stated, std::size_t names, const char* what) const {
    if (stated.empty()) return;
    if (stated.size() != names) reject(fmt::format("{} sums of {} are stated, not {}", stated.size(), what, names));
    for (const auto& number : stated) {
      const bool is_loss = std::find(problem_.losses.begin(), problem_.losses.end(), number.name) != problem_.losses.end();
      const bool is_cost = std::any_of(problem_.resources.begin(), problem_.resources.end(),
                                       [&](const Resource& resource) { return resource.name == number.name; });
      if (!is_loss && !is_cost) reject(fmt::format("'{}' is neither a loss nor a resource", number.name));
      const double sum = total({{number.name, 1.0}});
      if (sum != number.value) {
        reject(fmt::format("the {} '{}' of this assignment is {}, not {}", what, number.name, sum, number.value));
      }
    }
  }

  void check_sums() {
    check_stated(claim_.loss, problem_.losses.size(), "loss");
    check_stated(claim_.cost, problem_.resources.size(), "cost");
    value_ = total(objective());
    if (value_ != stated_.value) {
      reject(fmt::format("the value of this assignment is {}, not {}", value_, stated_.value));
    }
    if (limit() == nullptr) return;
    const double sum = total(limit()->of);
    if (!(sum <= *limit()->max)) {
      reject(fmt::format("'{}' is {}, above its limit {}", mix_name(limit()->of), sum, *limit()->max));
    }
  }

  const Mix& objective() const { return problem_.minimize.front().of; }

  void make_groups() {
    std::set<int> one_rule;
    for (const auto& layer : problem_.layers) {
      if (layer.max_rules == 1) one_rule.insert(layer.layer);
    }
    for (const auto& [place, choice] : taken_) {
      const bool joins = one_rule.count(place.first) != 0 && !groups_.empty() &&
                         groups_.back().heads.front()->layer == place.first;
      if (!joins) groups_.emplace_back();
      groups_.back().heads.push_back(choice.head);
      for (std::size_t k = 0; k < choice.head->rule.size(); ++k) {
        if (limit() != nullptr) cost_grid_.cover(amount(limit()->of, *choice.head, k));
        value_grid_.cover(amount(objective(), *choice.head, k));
      }
    }
    cost_grid_.fix(taken_.size());
    value_grid_.fix(taken_.size());
    for (auto& group : groups_) fill(group);
  }

  void fill(Group& group) {
    struct Sum {
      WideSum cost, value;
      WideInteger cost_units = 0, value_units = 0;
      std::size_t heads = 0;
    };
    std::map<std::uint32_t, Sum> sums;
    for (const auto* head : group.heads) {
      for (std::size_t k = 0; k < head->rule.size(); ++k) {
        auto& sum = sums[head->rule[k]];
        const double cost = limit() == nullptr ? 0.0 : amount(limit()->of, *head, k);
        const double value = amount(objective(), *head, k);
        sum.cost.add(cost);
        sum.value.add(value);
        sum.cost_units += cost_grid_.units(cost);
        sum.value_units += value_grid_.units(value);
        ++sum.heads;
      }
    }
    const auto& choice = taken_.at({group.heads.front()->layer, group.heads.front()->head});
    for (const auto& [rule, sum] : sums) {
      if (sum.heads != group.heads.size()) continue;
      if (rule == choice.head->rule[choice.candidate]) group.chosen = group.options.size();
      group.options.push_back({rule, sum.cost.value(), sum.value.value(), sum.cost_units, sum.value_units});
    }
  }

  // No other option of a group is as good in value and cost; at a full tie the smallest name counts.
  void check_ties() const {
    for (const auto& group : groups_) {
      const auto& chosen = group.options[group.chosen];
      const auto& chosen_name = problem_.rules[chosen.rule].name;
      for (const auto& other : group.options) {
        const auto& name = problem_.rules[other.rule].name;
        if (other.value > chosen.value || other.cost > chosen.cost || other.rule == chosen.rule) continue;
        const bool tie = other.value == chosen.value && other.cost == chosen.cost;
        if (tie && chosen_name < name) continue;
        const auto& head = *group.heads.front();
        reject(fmt::format("layer {}, head {}: rule '{}' is {} '{}'", head.layer, head.head, name,
                           tie ? "as good and comes before" : "better than", chosen_name));
      }
    }
  }

  void check_bound() {
    WideSum bound;
    double size = std::fabs(value_);
    for (const auto& group : groups_) {
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
    if (limit() != nullptr && multiplier_ > 0) {
      const double product = multiplier_ * *limit()->max;
      if (!std::isfinite(product)) reject("the multiplier is too large to compute with");
      bound.add(-product);
      size += std::fabs(product);
    }
    bound_ = bound.value();
    rounding_ = 0x1.0p-46 * size;
    if (!(std::fabs(stated_.dual_bound - bound_) <= rounding_)) {
      reject(fmt::format("the multipliers give the dual bound {}, not {}", bound_, stated_.dual_bound));
    }
    gap_ = std::max(0.0, (value_ - bound_) / std::max(std::fabs(value_), 1e-9));
    if (!(std::fabs(stated_.gap - gap_) <= rounding_ / std::max(std::fabs(value_), 1e-9))) {
      reject(fmt::format("value and dual bound are {} apart, not {}", gap_, stated_.gap));
    }
  }

  Verdict left_open(std::string why) const {
    return {Verdict::Kind::kBoundChecked, gap_, stated_.proved, std::move(why)};
  }

  Verdict close_gap() const {
    const Verdict proved{Verdict::Kind::kProvedAgain, 0.0, stated_.proved, {}};
    if (!cost_grid_.exact() || !value_grid_.exact()) {
      return left_open("numbers of too different size for the checker's integers");
    }
    OpenProblem open;
    open.multiplier = multiplier_;
    open.threshold = std::max(0.0, value_ - bound_) + rounding_;
    open.cost_unit = cost_grid_.unit();
    open.max_labels = options_.max_labels;
    if (limit() != nullptr) open.room = cost_grid_.room(*limit()->max);
    WideInteger value = 0, cost = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const auto& chosen = groups_[g].options[groups_[g].chosen];
      value += chosen.value_units;
      cost += chosen.cost_units;
      std::vector<OpenOption> options;
      for (const auto& option : groups_[g].options) {
        const double reduced = option.value + multiplier_ * option.cost - least_[g];
        if (reduced <= open.threshold) options.push_back({option.cost_units, option.value_units, reduced});
      }
      // Several classes of one option are one: only choices cost time.
      if (options.empty()) reject("the assignment lies above its own gap");
      open.classes.push_back(std::move(options));
    }
    const auto result = search_open(open);
    if (!result.complete) return left_open(fmt::format("closing it takes more than {} steps", options_.max_labels));
    if (result.found && result.value < value) reject("an assignment of smaller value exists");
    if (result.found && result.value == value && result.cost < cost) {
      reject("an assignment of the same value at less cost exists");
    }
    return proved;
  }

  struct Taken {
    const Head* head;
    std::size_t candidate;
  };

  const Problem& problem_;
  const Claim& claim_;
  const Certificate& stated_;
  const CheckOptions& options_;
  std::map<std::pair<int, int>, Taken> taken_;  // by (layer, head)
  std::vector<Group> groups_;
  std::vector<double> least_;  // least value + multiplier * cost of each group
  Grid cost_grid_, value_grid_;
  double multiplier_ = 0, value_ = 0, bound_ = 0, rounding_ = 0, gap_ = 0;
};

}  // namespace

Claim claim_of(const Solution& solution) {
  return {solution.assignment, solution.loss, solution.cost, solution.certificate};
}

std::string Verdict::text() const {
  switch (kind) {
    case Kind::kProvedAgain: return "optimal, proved again";
    case Kind::kBoundChecked:
      return fmt::format("{}, bound checked (gap {:.1e}: {})", claimed ? "optimality claimed" : "feasible", gap, reason);
    case Kind::kRejected: break;
  }
  return "rejected: " + reason;
}

Verdict check(const Problem& problem, std::string_view tables_sha256, const Claim& claim,
              const CheckOptions& options) {
  try {
    return Check(problem, claim, options).run(tables_sha256);
  } catch (const Rejection& rejection) {
    return {Verdict::Kind::kRejected, 0.0, false, rejection.reason};
  }
}

}  // namespace spanwise::tuner
