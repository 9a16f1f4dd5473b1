// SPDX-License-Identifier: Apache-2.0
// What a shell may offer for the word under the cursor.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace spanwise::cli {

struct Candidate {
  std::string word;         // ":files" and ":folders": the shell's own files or folders
  std::string meaning = {};  // may be empty
};

// `words` are those of the line up to the cursor: the program's name first, the unfinished word last. Candidates start
// with the unfinished word and come in a stable order.
std::vector<Candidate> candidates(const std::vector<Command>& commands, const std::vector<std::string>& words);

}  // namespace spanwise::cli
