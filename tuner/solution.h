// SPDX-License-Identifier: Apache-2.0
// What a search found, and what it proved (docs/formats.md, "Solution").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tuner/certificate.h"
#include "tuner/problem.h"

namespace spanwise::tuner {

enum class Status {
  kOptimal,     // proved: nothing is better on these tables
  kFeasible,    // keeps every limit; `gap` says how far from the optimum it may be
  kInfeasible,  // proved: nothing keeps the limits
};

enum class Proof {
  kDual,       // the dual bound alone reaches the value (relative 1e-9): anyone can check it in one pass
  kExhausted,  // everything that the dual bound left open was searched
  kNone,
};

struct Choice {
  int layer = 0;
  int head = 0;
  std::string rule;

  bool operator==(const Choice&) const = default;
};

struct NamedNumber {
  std::string name;
  double value = 0;

  bool operator==(const NamedNumber&) const = default;
};

// One point of a front; both numbers are exact sums rounded once.
struct FrontPoint {
  std::optional<double> at;  // the limit it was asked for (mode `at`)
  Status status = Status::kOptimal;
  double limited = 0;    // amount of the limited mix
  double minimized = 0;  // amount of the minimized mix
  double gap = 0;        // relative, above 0 only when status is kFeasible
};

struct Front {
  std::string limited, minimized;  // names of the two mixes
  FrontMode mode = FrontMode::kSupported;
  std::vector<FrontPoint> points;  // in the order of `at`, else by rising `limited`
};

// How much work a search was. Not part of the written solution.
struct SearchWork {
  std::uint64_t survivors = 0;    // items left by elimination
  std::uint64_t labels = 0;       // labels made
  std::uint64_t peak_labels = 0;  // alive at once
};

// One objective of several.
struct GoalSummary {
  std::string name;
  double value = 0;
  double dual_bound = 0, lower_bound = 0, gap = 0;  // as in Solution
  Proof proof = Proof::kNone;
};

struct Solution {
  Status status = Status::kInfeasible;
  // For kOptimal and kFeasible:
  double value = 0;               // amount of the minimized mix
  std::vector<NamedNumber> loss;  // sums of every loss and of every resource, in the problem's order
  std::vector<NamedNumber> cost;
  double dual_bound = 0;   // the bound that the certificate's multipliers prove
  double lower_bound = 0;  // the best bound known: the value itself once the search is exhausted
  double gap = 0;          // (value - lower_bound) / max(|value|, 1e-9)
  Proof proof = Proof::kNone;
  std::vector<GoalSummary> goals;  // of every objective, when there are several
  std::vector<Choice> assignment;  // in (layer, head) order
  Certificate certificate;
  // For kInfeasible:
  std::string tightest_limit;              // the limit that cannot be kept; empty when no limit is to blame
  std::optional<double> nearest_feasible;  // the nearest value of that limit that can be kept
  std::string reason;                      // in words
  std::optional<Front> front;
  SearchWork work;
};

// Deterministic JSON with one choice and one point a line.
std::string to_json(const Solution& solution);

}  // namespace spanwise::tuner
