// SPDX-License-Identifier: Apache-2.0
// Steps in the history of a machine and suite, for people and programs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace spanwise::reports {

struct HistoryStep {
  std::string name;  // of the case
  std::string when;  // ISO 8601, of the first run after it
  std::string commit_before, commit_after;  // of the last run before and the first after; empty: unknown
  double ratio = 1, low = 1, high = 1;      // of times, after / before: above 1 is slower
  double before_ms = 0, after_ms = 0;
  std::size_t runs_before = 0, runs_after = 0;
  std::string reason;
};

// Of one machine and suite.
struct HistoryGroup {
  std::string suite, device, machine;  // machine: its identity
  std::size_t cases = 0, runs = 0;
  std::size_t short_cases = 0;         // with too few runs to look for a step
  std::string first, last;             // times of runs
  std::vector<HistoryStep> steps;      // by time
};

struct HistoryReport {
  std::string rule;  // one sentence: what a step needs
  std::string note;  // may be empty
  std::vector<HistoryGroup> groups;
};

std::string render_terminal(const HistoryReport& report, int columns, bool color);
std::string render_markdown(const HistoryReport& report);
std::string render_json(const HistoryReport& report);  // schema spanwise/history

}  // namespace spanwise::reports
