// SPDX-License-Identifier: Apache-2.0
// The table of docs/errors.md: every kind of input against every class of mistake, with the tests of each cell.
#pragma once

#include <string>
#include <vector>

namespace spanwise::mistakes {

// One row of command_line.txt or outside.txt.
struct Trouble {
  std::string error_class, kind;  // "full disk", "count"
  std::string before, arguments;  // in a shell
  int code = 0;
  std::string says;  // on stderr
};
std::vector<Trouble> read_troubles();

// The table as it must stand in docs/errors.md. A cell names the file of its tests and how many they are; an empty one
// says why there is none.
std::string matrix();

}  // namespace spanwise::mistakes
