// SPDX-License-Identifier: Apache-2.0
// Checks a claimed optimum against its tables. Written to be believed on its own: from the search it takes
// nothing but the definition of a problem (problem.h), and it has sums, bound and search of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/solution.h"

namespace spanwise::tuner {

struct Claim {
  std::vector<Choice> assignment;  // in any order
  std::vector<NamedNumber> loss;   // stated sums, all of them or none
  std::vector<NamedNumber> cost;
  Certificate certificate;
};

Claim claim_of(const Solution& solution);

struct Verdict {
  enum class Kind {
    kProvedAgain,   // nothing has a smaller value, or the same value at less cost
    kBoundChecked,  // legal, sums right, the dual bound holds; the gap that it leaves was not searched
    kRejected,
  };
  Kind kind = Kind::kRejected;
  double gap = 0;        // kBoundChecked: (value - dual bound) / max(|value|, 1e-9)
  bool claimed = false;  // kBoundChecked: the certificate says that the search proved the value optimal
  std::string reason;    // kRejected: what is wrong; kBoundChecked: why the gap was not closed

  // "optimal, proved again", "optimality claimed, bound checked (gap 2e-07: ...)" or "rejected: ..."
  std::string text() const;
};

struct CheckOptions {
  std::uint64_t max_labels = 8'000'000;  // partial assignments looked at before leaving a gap open
};

// `tables_sha256` is the SHA-256 of the bytes that `problem` was read from. The problem must pass
// check_problem().
Verdict check(const Problem& problem, std::string_view tables_sha256, const Claim& claim,
              const CheckOptions& options = {});

}  // namespace spanwise::tuner
