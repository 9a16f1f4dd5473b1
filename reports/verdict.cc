// SPDX-License-Identifier: Apache-2.0
#include "reports/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/numbers.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

using Status = CheckedCase::Status;

constexpr std::size_t kSentenceNameWidth = 48;  // of a name inside a sentence

// The worst of a rule's cases, in order of first appearance of the rule.
std::vector<const CheckedCase*> worst_of_each_rule(const Validation& validation) {
  const auto badness = [](Status status) {
    switch (status) {
      case Status::kOk:
        return 0;
      case Status::kUnsupported:
        return 1;
      case Status::kError:
        return 2;
      case Status::kWrong:
        return 3;
    }
    return 3;
  };
  std::vector<const CheckedCase*> worst;
  for (const auto& checked : validation.cases) {
    const auto same = std::find_if(worst.begin(), worst.end(),
                                   [&](const CheckedCase* other) { return other->rule == checked.rule; });
    if (same == worst.end()) {
      worst.push_back(&checked);
    } else if (badness(checked.status) > badness((*same)->status)) {
      *same = &checked;
    }
  }
  return worst;
}

std::string print_trouble(const CheckedCase& checked) {
  const auto rule = shorten(checked.rule, kSentenceNameWidth);
  switch (checked.status) {
    case Status::kOk:
      return {};
    case Status::kWrong:
      if (!checked.relative_error) return rule + " WRONG";
      return fmt::format("{} WRONG (relative error {})", rule, magnitude(*checked.relative_error));
    case Status::kUnsupported:
      return rule + " not supported";
    case Status::kError:
      return rule + " failed";
  }
  return {};
}

// "0.96 and 1.07", "0.91 to 1.12 (median 1.01)", or nothing when nothing was timed.
std::string print_ratios(const Validation& validation) {
  std::vector<double> ratios;
  for (const auto& checked : validation.cases) {
    if (!checked.measured) continue;
    if (const auto ratio = speedup(checked.predicted_seconds, checked.measured->median))
      ratios.push_back(*ratio);
  }
  if (ratios.empty()) return {};
  std::string text = ", predicted / measured ";
  if (ratios.size() == 1) return text + fixed(ratios[0], 2);
  if (ratios.size() == 2) return text + fixed(ratios[0], 2) + " and " + fixed(ratios[1], 2);
  std::sort(ratios.begin(), ratios.end());
  const auto middle = ratios.size() / 2;
  const double median = ratios.size() % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
  return text + fmt::format("{} to {}, median {}", fixed(ratios.front(), 2), fixed(ratios.back(), 2),
                            fixed(median, 2));
}

// The note that all cases share.
std::string common_note(const Validation& validation) {
  const auto& first = validation.cases.front().note;
  const bool common = std::all_of(validation.cases.begin(), validation.cases.end(),
                                  [&](const CheckedCase& checked) { return checked.note == first; });
  return common && !first.empty() ? fmt::format(" ({})", shorten(first, 2 * kSentenceNameWidth)) : std::string();
}

}  // namespace

std::string proof_sentence(const Proof& proof) {
  const auto gap = magnitude(proof.gap);
  switch (proof.status) {
    case Proof::Status::kInfeasible:
      return "no plan meets the limits on these tables";
    case Proof::Status::kFeasible:
      return fmt::format("feasible, best known within gap {}; not proved optimal", gap);
    case Proof::Status::kOptimal:
      break;
  }
  switch (proof.kind) {
    case Proof::Kind::kDual:
      return fmt::format("optimal on these tables, gap {}", gap);
    case Proof::Kind::kExhausted:
      return proof.proved_again ? fmt::format("optimal on these tables, proved again (dual gap {})", gap)
                                : fmt::format("optimality claimed, bound checked, gap {}", gap);
    case Proof::Kind::kNone:
      return "optimality claimed, without a certificate";
  }
  return {};
}

std::string infeasible_sentence(const Proof& proof) {
  if (proof.tightest_limit.empty()) return "none: the limits cannot be met";
  auto text = fmt::format("none: limit {} cannot be met", shorten(proof.tightest_limit, kSentenceNameWidth));
  if (proof.limit_value) text += fmt::format(": {} was asked", limit_text(*proof.limit_value));
  if (proof.nearest_feasible) {
    text += fmt::format("{} {} is the nearest feasible value", proof.limit_value ? "," : ":",
                        limit_text(*proof.nearest_feasible));
  }
  return text;
}

double repricing_difference(const ReportModel& model) {
  double worst = 0;
  for (const auto& workload : model.workloads) {
    if (!workload.plan) continue;
    const auto ratio = speedup(workload.plan->attention_seconds, workload.plan->searched_seconds);
    if (ratio && std::abs(*ratio - 1) > std::abs(worst)) worst = *ratio - 1;
  }
  return worst;
}

std::string validation_sentence(const Validation& validation) {
  const auto rules = worst_of_each_rule(validation);
  if (rules.empty()) return "nothing";
  const auto right = std::count_if(rules.begin(), rules.end(),
                                   [](const CheckedCase* checked) { return checked->status == Status::kOk; });
  auto text = fmt::format("{} of {} right", right, counted(static_cast<long long>(rules.size()), "rule"));
  for (const auto* checked : rules) {
    if (checked->status != Status::kOk) text += "; " + print_trouble(*checked);
  }
  return text + print_ratios(validation) + common_note(validation);
}

const char* name(CheckedCase::Status status) {
  switch (status) {
    case Status::kOk:
      return "ok";
    case Status::kWrong:
      return "wrong";
    case Status::kUnsupported:
      return "unsupported";
    case Status::kError:
      return "error";
  }
  return "";
}

const char* name(Proof::Status status) {
  switch (status) {
    case Proof::Status::kOptimal:
      return "optimal";
    case Proof::Status::kFeasible:
      return "feasible";
    case Proof::Status::kInfeasible:
      return "infeasible";
  }
  return "";
}

const char* name(Proof::Kind kind) {
  switch (kind) {
    case Proof::Kind::kDual:
      return "dual";
    case Proof::Kind::kExhausted:
      return "exhausted";
    case Proof::Kind::kNone:
      return "none";
  }
  return "";
}

}  // namespace spanwise::reports
