// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spanwise::cli {

// The whole program but the last line of defence: parses the command line, runs a command, prints what went wrong.
// Returns the exit code.
int run_app(int argc, const char* const* argv);

}  // namespace spanwise::cli
