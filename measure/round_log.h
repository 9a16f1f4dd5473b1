// SPDX-License-Identifier: Apache-2.0
// Rounds on disk, JSON Lines: each is appended as soon as it is finished, so that a killed program, a full disk or a pulled
// plug costs at most the round under way. A line that does not end is passed over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measure/rounds.h"

namespace spanwise::measure {

class RoundLog {
 public:
  // The log of runs that agree in `key` (one line of JSON: suite, builds, devices). Reads what is there; a file with
  // another key, one that was finished or was last added to more than a day ago starts anew. An empty folder keeps nothing.
  static core::Result<RoundLog> open(const std::filesystem::path& folder, const std::string& key);

  const std::vector<Round>& rounds() const { return rounds_; }
  std::size_t resumed() const { return resumed_; }  // rounds that were there before

  // Keeps it in memory whatever happens; an error when the disk cannot take it.
  core::Status append(Round round);
  core::Status finish();  // the verdict has been given: the next open() starts anew

 private:
  std::filesystem::path path_;
  std::vector<Round> rounds_;
  std::size_t resumed_ = 0;
};

// One line of JSON without its newline, and back; an error for anything else.
std::string to_json(const ProcessTimes& times);
core::Result<ProcessTimes> parse_process(const std::string& text);
std::string to_json(const Round& round);
core::Result<Round> parse_round(const std::string& line);

}  // namespace spanwise::measure
