// SPDX-License-Identifier: Apache-2.0
#include "tuner/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace spanwise::tuner {
namespace {

constexpr std::size_t kMaxErrors = 20;

class Checker {
 public:
  explicit Checker(const Problem& problem) : problem_(problem) {}

  core::Diagnostics run() {
    names();
    rules();
    heads();
    layers();
    limits();
    for (const auto& objective : problem_.minimize) mix(objective.of, objective.mark, "objective");
    if (problem_.minimize.empty()) wrong({}, "nothing to minimize");
    front();
    if (errors_.empty()) unsupported();
    return std::move(errors_);
  }

 private:
  void wrong(Mark mark, std::string message, std::string hint = {}) {
    if (errors_.size() >= kMaxErrors) return;
    errors_.push_back({core::Fault::kInput, problem_.place(mark), std::move(message), std::move(hint), {}});
  }

  void twice(Mark mark, Mark first, std::string message) {
    if (errors_.size() >= kMaxErrors) return;
    wrong(mark, std::move(message));
    errors_.back().notes.push_back({problem_.place(first), "first given here"});
  }

  void names() {
    names_.insert(problem_.losses.begin(), problem_.losses.end());
    if (names_.size() != problem_.losses.size()) wrong({}, "a loss is named twice");
    for (const auto& resource : problem_.resources) {
      if (names_.insert(resource.name).second) continue;
      wrong(resource.mark, fmt::format("'{}' names two resources, or a resource and a loss", resource.name));
    }
    // {"max": NAME} is the bottleneck form of an objective.
    if (names_.count("max") != 0) wrong({}, "'max' cannot be the name of a resource or a loss");
  }

  void rules() {
    std::set<std::string> seen;
    for (const auto& rule : problem_.rules) {
      if (!seen.insert(rule.name).second)
        wrong(rule.mark, fmt::format("rule '{}' is given twice", rule.name));
      if (rule.cost) numbers(*rule.cost, problem_.resources.size(), 0.0, rule.mark, "cost");
    }
  }

  void numbers(const std::vector<double>& values, std::size_t count, double least, Mark mark,
               const char* what) {
    if (values.size() != count)
      return wrong(mark, fmt::format("{} numbers of {}, not {}", values.size(), what, count));
    for (const double value : values) {
      if (std::isfinite(value) && value >= least) continue;
      return wrong(mark, fmt::format("{} is {}; it must be finite{}", what, value,
                                     least == 0 ? " and at least 0" : ""));
    }
  }

  void heads() {
    if (problem_.heads.empty()) wrong({}, "a problem needs at least one head");
    std::map<std::pair<int, int>, Mark> seen;
    std::vector<std::size_t> last_use(problem_.rules.size(), problem_.heads.size());
    for (std::size_t h = 0; h < problem_.heads.size(); ++h) {
      const auto& head = problem_.heads[h];
      const auto [first, added] = seen.try_emplace({head.layer, head.head}, head.mark);
      if (!added) twice(head.mark, first->second, fmt::format("layer {}, head {} is given twice", head.layer, head.head));
      numbers(head.loss, head.rule.size() * problem_.losses.size(), -kAnyNumber, head.mark, "loss");
      if (!head.cost.empty()) {
        numbers(head.cost, head.rule.size() * problem_.resources.size(), 0.0, head.mark, "cost");
      }
      for (const auto rule : head.rule) {
        core::ensure(rule < problem_.rules.size(), "a candidate's rule stands in the table");
        const auto& entry = problem_.rules[rule];
        if (last_use[rule] == h)
          wrong(head.mark, fmt::format("rule '{}' is given twice for a head", entry.name));
        last_use[rule] = h;
        if (head.cost.empty() && !entry.cost && !problem_.resources.empty()) {
          wrong(head.mark, fmt::format("rule '{}' has no cost for layer {}, head {}", entry.name, head.layer,
                                       head.head));
        }
      }
    }
  }

  void layers() {
    std::set<int> with_heads;
    std::map<int, Mark> seen;
    for (const auto& head : problem_.heads) with_heads.insert(head.layer);
    for (const auto& layer : problem_.layers) {
      const auto [first, added] = seen.try_emplace(layer.layer, layer.mark);
      if (!added) twice(layer.mark, first->second, fmt::format("layer {} is given twice", layer.layer));
      if (with_heads.count(layer.layer) == 0)
        wrong(layer.mark, fmt::format("layer {} has no heads", layer.layer));
      if (layer.max_rules && *layer.max_rules < 1) wrong(layer.mark, "max_rules must be at least 1");
      for (const auto& [name, cost] : layer.launch) {
        const auto is = [&, &wanted = name](const Resource& resource) { return resource.name == wanted; };
        if (std::none_of(problem_.resources.begin(), problem_.resources.end(), is))
          wrong(layer.mark, fmt::format("'launch' names '{}', which is no resource", name));
        if (!std::isfinite(cost) || cost < 0)
          wrong(layer.mark, fmt::format("launch is {}; it must be finite and at least 0", cost));
      }
    }
  }

  void limits() {
    for (const auto& limit : problem_.limits) {
      mix(limit.of, limit.mark, "limit");
      if (!limit.max && !limit.min) wrong(limit.mark, "a limit needs 'max' or 'min'");
      if (limit.max && limit.min && *limit.min > *limit.max)
        wrong(limit.mark, fmt::format("'min' {} is above 'max' {}", *limit.min, *limit.max));
      for (const auto& bound : {limit.max, limit.min}) {
        if (bound && !std::isfinite(*bound)) wrong(limit.mark, "a limit is not finite");
      }
    }
  }

  void mix(const Mix& of, Mark mark, const char* what) {
    if (of.empty()) wrong(mark, fmt::format("this {} is of nothing", what));
    for (const auto& [name, weight] : of) {
      if (names_.count(name) == 0) wrong(mark, fmt::format("'{}' is neither a resource nor a loss", name));
      if (!std::isfinite(weight)) wrong(mark, fmt::format("the weight of '{}' is not finite", name));
    }
  }

  void front() {
    const auto& front = problem_.front;
    if (!front) return;
    if (front->limited) mix(*front->limited, front->mark, "front");
    if (front->minimized) mix(*front->minimized, front->mark, "front");
    if (front->limited.has_value() != front->minimized.has_value())
      wrong(front->mark, "a front is of two things");
    if (front->limited && front->limited == front->minimized)
      wrong(front->mark, "a front is of two different things");
    if (!front->limited && problem_.limits.empty()) {
      wrong(front->mark, "without a limit, a front must say what it is of",
            R"(for instance "of": ["time", "loss"])");
    }
    for (const double at : front->at) {
      if (!std::isfinite(at)) wrong(front->mark, "a limit of the front is not finite");
    }
    if ((front->mode == FrontMode::kAt) != !front->at.empty()) {
      wrong(front->mark, "the limits 'at' belong to a front of mode 'at', and only to it");
    }
  }

  // Parts of the format that are defined but that this version cannot solve: never ignored, always refused.
  void unsupported() {
    for (const auto& resource : problem_.resources) {
      if (resource.combine == Combine::kMakespan)
        wrong(resource.mark, "combine 'makespan' is not supported yet", "supported: sum, max_in_kv_group");
    }
  }

  static constexpr double kAnyNumber = 1.7976931348623157e308;

  const Problem& problem_;
  core::Diagnostics errors_;
  std::set<std::string> names_;
};

}  // namespace

std::string mix_name(const Mix& mix) {
  std::string text;
  for (const auto& [name, weight] : mix) {
    if (!text.empty()) text += " + ";
    text += weight == 1.0 ? name : fmt::format("{}*{}", weight, name);
  }
  return text;
}

core::Status check_problem(const Problem& problem) {
  auto errors = Checker(problem).run();
  if (!errors.empty()) return errors;
  return core::Done{};
}

}  // namespace spanwise::tuner
