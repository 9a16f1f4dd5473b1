// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/documents/json_text.h"
#include "tuner/solution.h"

namespace spanwise::tuner {
namespace {

using documents::quote_json;

const char* name(Status status) {
  constexpr const char* kNames[] = {"optimal", "feasible", "infeasible"};
  return kNames[static_cast<int>(status)];
}

const char* name(Proof proof) {
  constexpr const char* kNames[] = {"dual", "exhausted", "none"};
  return kNames[static_cast<int>(proof)];
}

std::string object(const std::vector<NamedNumber>& numbers) {
  std::string out = "{";
  for (const auto& number : numbers) {
    out += fmt::format("{}{}: {}", out.size() == 1 ? "" : ", ", quote_json(number.name), number.value);
  }
  return out + "}";
}

std::string goals_text(const std::vector<GoalSummary>& goals) {
  std::string out = "[";
  for (const auto& goal : goals) {
    out += fmt::format(
        "{}\n {{\"of\": {}, \"value\": {}, \"dual_bound\": {}, \"lower_bound\": {}, \"gap\": {}, \"proof\": \"{}\"}}",
        out.size() == 1 ? "" : ",", quote_json(goal.name), goal.value, goal.dual_bound, goal.lower_bound, goal.gap,
        name(goal.proof));
  }
  return out + "]";
}

std::string assignment(const std::vector<Choice>& choices) {
  std::string out = "[";
  for (const auto& choice : choices) {
    out += fmt::format("{}\n {{\"layer\": {}, \"head\": {}, \"rule\": {}}}", out.size() == 1 ? "" : ",",
                       choice.layer, choice.head, quote_json(choice.rule));
  }
  return out + "]";
}

std::string point_text(const Front& front, const FrontPoint& point) {
  std::string out = "{";
  if (point.at) out += fmt::format("\"at\": {}, \"status\": \"{}\"", *point.at, name(point.status));
  if (point.status == Status::kInfeasible)
    return out + fmt::format(", \"nearest_feasible\": {}}}", point.limited);
  out += fmt::format("{}{}: {}, {}: {}", point.at ? ", " : "", quote_json(front.limited), point.limited,
                     quote_json(front.minimized), point.minimized);
  if (point.at) out += fmt::format(", \"gap\": {}", point.gap);
  return out + "}";
}

std::string front_text(const Front& front) {
  std::string out = "[";
  for (const auto& point : front.points) {
    out += fmt::format("{}\n {}", out.size() == 1 ? "" : ",", point_text(front, point));
  }
  return out + "]";
}

}  // namespace

std::string to_json(const Solution& solution) {
  std::string out =
      fmt::format("{{\"schema\": \"spanwise/solution\", \"schema_version\": 1,\n\"status\": \"{}\"",
                  name(solution.status));
  if (solution.status != Status::kInfeasible) {
    out += fmt::format(
        ",\n\"value\": {},\n\"loss\": {},\n\"cost\": {},\n\"dual_bound\": {}, \"lower_bound\": {}, \"gap\": "
        "{}",
        solution.value, object(solution.loss), object(solution.cost), solution.dual_bound,
        solution.lower_bound, solution.gap);
  }
  out += fmt::format(", \"proof\": \"{}\"", name(solution.proof));
  if (!solution.goals.empty()) out += fmt::format(",\n\"goals\": {}", goals_text(solution.goals));
  if (solution.status != Status::kInfeasible) {
    out += fmt::format(",\n\"assignment\": {},\n\"certificate\": {}", assignment(solution.assignment),
                       to_json(solution.certificate));
  }
  if (!solution.reason.empty()) out += fmt::format(",\n\"reason\": {}", quote_json(solution.reason));
  if (!solution.tightest_limit.empty()) {
    out += fmt::format(",\n\"tightest_limit\": {}", quote_json(solution.tightest_limit));
    if (solution.nearest_feasible) out += fmt::format(", \"nearest_feasible\": {}", *solution.nearest_feasible);
  }
  if (solution.front) out += fmt::format(",\n\"front\": {}", front_text(*solution.front));
  return out + "}\n";
}

}  // namespace spanwise::tuner
