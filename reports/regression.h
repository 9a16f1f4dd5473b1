// SPDX-License-Identifier: Apache-2.0
// What a regression check found, for people and for CI systems.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/table.h"

namespace spanwise::reports {

struct RegressionRow {
  std::string name, verdict, reason;  // verdict: same, faster, slower, ambiguous, missing, wrong
  std::optional<double> ratio, low, high;  // candidate / baseline of times: above 1 is slower
  double baseline_ms = 0, candidate_ms = 0;  // medians; 0: none
  std::size_t rounds = 0, set_aside = 0;
  bool failed = false;  // counts against the change
};

struct Regression {
  std::string suite, baseline, candidate;  // what was compared, for people
  std::string rule;  // one sentence: what a verdict needs
  std::string note;  // may be empty
  std::vector<RegressionRow> rows;
  std::optional<RegressionRow> together;  // all cases as one
};

// Whether anything counts against the change.
bool failed(const Regression& regression);

// Worst first: wrong, missing, slower, ambiguous, faster, same; then the order of the suite.
Table regression_table(const Regression& regression);

// "8 cases: 1 slower, 7 same".
std::string regression_summary(const Regression& regression);

std::string render_terminal(const Regression& regression, int columns, bool color);
std::string render_markdown(const Regression& regression);  // for a pull request or a job summary
std::string render_json(const Regression& regression);      // schema spanwise/check

// JUnit XML: a test case a case of the suite; what failed is a failure, what could not be decided is skipped.
std::string render_junit(const Regression& regression);

// GitHub workflow commands, one a line, at most 10 (GitHub shows no more of a step): errors, then warnings for what is
// ambiguous. `failing` false makes warnings of the errors too.
std::string render_annotations(const Regression& regression, bool failing);

}  // namespace spanwise::reports
