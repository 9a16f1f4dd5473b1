// SPDX-License-Identifier: Apache-2.0
// main() of a runner: the options that all runners share, then the session on stdin and stdout.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "kernels/runner/session.h"

namespace spanwise::kernels {

// An option of one runner, with a value.
struct RunnerOption {
  std::string_view name;
  std::function<core::Status(std::string_view value)> read;
};

// The PERCENT of --slowdown, which every runner has, as a share; 0 to 10.
core::Status read_slowdown(std::string_view percent, double& share);

struct RunnerProgram {
  std::string_view name;
  std::string_view help;              // what --help prints
  std::vector<RunnerOption> options;  // beside --fault, --version and --help
  std::function<core::Result<std::unique_ptr<Backend>>()> open;  // after the options are read
};

// The exit code.
int runner_main(const RunnerProgram& program, int argc, char** argv);

}  // namespace spanwise::kernels
