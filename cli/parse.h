// SPDX-License-Identifier: Apache-2.0
// The words after a command's name become the values of its options. CLI11 splits them (this is its only home); what is
// wrong is said in our own words, with the nearest match.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "core/result.h"

namespace spanwise::cli {

struct Parsed {
  bool help = false;
  std::set<std::string> given;  // names of the options that stood on the line
};

core::Result<Parsed> parse(const Command& command, const std::vector<std::string>& words);

}  // namespace spanwise::cli
