// SPDX-License-Identifier: Apache-2.0
// What this computer offers Spanwise, and what is missing.
#pragma once

#include <string>
#include <vector>

namespace spanwise::cli {

enum class State {
  kGood,
  kNote,     // something works less well, or only a part that is optional is absent
  kMissing,  // Spanwise cannot do without
};
const char* state_name(State state);

struct Finding {
  std::string what;   // "g++", "CPU runner"
  State state = State::kGood;
  std::string found;  // "g++ 12.2.0"
  std::string fix;    // the line that helps; empty when nothing needs to be done
};

// Every finding in a fixed order. Starts the runners beside the program (under a second each).
std::vector<Finding> examine(const std::vector<std::string>& data);

}  // namespace spanwise::cli
