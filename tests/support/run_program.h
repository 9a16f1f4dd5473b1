// SPDX-License-Identifier: Apache-2.0
// Runs a shell command and catches what it says.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/support/sample_files.h"

namespace spanwise::testing {

struct Outcome {
  int code = -1;  // exit code, or 128 + signal
  std::string out, err;
};

// `command` goes to /bin/sh with an empty standard input.
inline Outcome run(const std::string& command) {
  const TemporaryFolder folder;
  const auto out = (folder.path() / "out").string();
  const auto err = (folder.path() / "err").string();
  const int status = std::system(("{ " + command + "\n} </dev/null >" + out + " 2>" + err).c_str());
  Outcome outcome;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = read_text(out);
  outcome.err = read_text(err);
  return outcome;
}

}  // namespace spanwise::testing
