// SPDX-License-Identifier: Apache-2.0
// The table of commands as people read it: --help, the manual page, docs/cli.md.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace spanwise::cli {

// What `spanwise --help` prints; lines of at most `columns`.
std::string help_text(const std::vector<Command>& commands, int columns);

// What `spanwise COMMAND --help` prints.
std::string help_text(const Command& command, int columns);

// The manual page spanwise(1) in the man macros of roff.
std::string manual_page(const std::vector<Command>& commands);

// docs/cli.md.
std::string help_markdown(const std::vector<Command>& commands);

// The option's help and what its value may be: "query heads (1 to 65536)".
std::string option_text(const Option& option);

struct ExitCode {
  int code;
  const char* meaning;
};
const std::vector<ExitCode>& exit_codes();

struct Variable {
  const char* name;
  const char* meaning;
};
const std::vector<Variable>& environment_variables();

inline constexpr const char* kAbout =
    "Spanwise plans sparse attention: how fast it could be, which heads and layers should use it, and whether it is true.";

}  // namespace spanwise::cli
