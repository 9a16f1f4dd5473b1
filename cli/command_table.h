// SPDX-License-Identifier: Apache-2.0
// Every command of the program, in the order of its help.
#pragma once

#include <memory>
#include <vector>

#include "cli/command.h"
#include "cli/commands.h"

namespace spanwise::cli {

// Where the values of all commands go.
struct Options {
  CommonOptions common;
  PlanOptions plan;
  ValidateOptions validate;
  BoundOptions bound;
  PredictOptions predict;
  CalibrateOptions calibrate;
  BenchOptions bench;
  CheckOptions check;
  ShowOptions show;
  HelpOptions help;
  SchemaOptions schema;
  std::string count_cases, count_picture, solve_problem, verify_plan, verify_hardware, list_kind, completion_shell;
  std::int64_t solve_seconds = 300;
  bool list_names = false;
};

// The commands keep pointers into `options`, and `help` one to the list itself.
std::unique_ptr<std::vector<Command>> make_commands(Options& options);

}  // namespace spanwise::cli
