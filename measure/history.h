// SPDX-License-Identifier: Apache-2.0
// How long cases took, run after run: an append-only file of JSON Lines a machine and suite, a line a case of a run
// (docs/formats.md, "History").
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "measure/bench_file.h"

namespace spanwise::measure {

struct HistoryEntry {
  std::string time, commit;     // ISO 8601 in UTC; of what was measured, empty: unknown
  std::string machine, device;  // the identity, and what people call it
  std::string runner, build;    // the runner's name and the hash of its build
  std::string suite, name;
  std::string shape;            // of the Case, 16 hex digits: a case that was changed begins anew
  double ms = 0;                // the median over the run's processes
  double low_ms = 0, high_ms = 0;  // holds the median with at least 95 % (order statistics; fewer than 6 rounds: their range)
  std::size_t rounds = 0;
};

// The cases that every round timed, with at least kLeastRounds rounds.
std::vector<HistoryEntry> history_of(const BenchFile& run);

// All entries or none: they are of one machine and suite. Errors: the disk.
core::Status append_history(const std::filesystem::path& folder, const std::vector<HistoryEntry>& entries);

struct History {
  std::vector<HistoryEntry> entries;  // by time; of equal times in the order of the file
  std::size_t damaged = 0;            // lines that were torn or edited, and passed over
};

// Everything in a folder, whatever machines wrote it; equal lines count once, so files of several folders may be joined.
// An empty history for a folder that is not there.
core::Result<History> read_history(const std::filesystem::path& folder);

}  // namespace spanwise::measure
