// SPDX-License-Identifier: Apache-2.0
// The only place that writes to the terminal: results on stdout, everything else on stderr.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace spanwise::cli {

// Result text; false when stdout cannot take it. What happened is kept for output_status().
bool print_result(std::string_view text);

// What became of everything printed so far. A reader that went away (`| head`) is no trouble, a full disk is.
enum class Output { kGood, kReaderGone, kFailed };
Output output_state();
core::Diagnostics output_failure();  // for kFailed

// Diagnostics with an excerpt of the file they point into.
void print_errors(const core::Diagnostics& diagnostics);

void print_warning(std::string_view text);

// Width of the terminal, or 100 when stdout is not one. $COLUMNS wins.
int terminal_columns();

// The same for help: 80 when stdout is not a terminal.
int help_columns();

// A terminal that wants colour: NO_COLOR and TERM=dumb are honoured.
bool wants_color();

std::string shell_quoted(std::string_view text);

// Words as one would type them into a shell.
std::string shell_words(int count, const char* const* words);

}  // namespace spanwise::cli
