// SPDX-License-Identifier: Apache-2.0
// The only place that writes to the terminal: results on stdout, everything else on stderr.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace spanwise::cli {

// Result text; false when stdout cannot take it (a closed pipe or a full disk).
bool print_result(std::string_view text);

// Diagnostics with an excerpt of the file they point into.
void print_errors(const core::Diagnostics& diagnostics);

void print_warning(std::string_view text);

// Width of the terminal, or 100 when stdout is not one. $COLUMNS wins.
int terminal_columns();

// A terminal that wants colour: NO_COLOR and TERM=dumb are honoured.
bool wants_color();

// What long work is doing. On a terminal one line is redrawn, otherwise every step is a line of its own; nothing is
// shown before the work has lasted two seconds.
class Progress {
 public:
  explicit Progress(std::string title);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step(std::size_t done, std::size_t total, std::string_view what);

 private:
  std::string title_;
  double begin_;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace spanwise::cli
