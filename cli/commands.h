// SPDX-License-Identifier: Apache-2.0
// The commands: options in, exit code out (docs/formats.md, "Exit codes"). Errors come back as diagnostics, so that
// main() alone prints them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/session.h"
#include "core/result.h"
#include "patterns/pattern_types.h"

namespace spanwise::cli {

struct PlanOptions {
  std::string model;
  std::string hardware;  // empty: the model's default
  std::string profile;   // empty: assumed losses
  std::vector<std::string> limits;
  std::string minimize;
  std::string output;             // empty: out/<model>@<hardware>
  std::string validate = "cpu";   // a device, or none
  std::string command_line;       // as typed, for the report
};
core::Result<int> run_plan(const CommonOptions& common, const PlanOptions& options);

struct ValidateOptions {
  std::string plan;
  std::string device = "cpu";
  std::string output;  // empty: validation.json beside the plan
};
core::Result<int> run_validate(const CommonOptions& common, const ValidateOptions& options);

struct BoundOptions {
  std::string plan;
  std::string pattern;
  std::string tokens;
  std::string phase = "prefill";
  std::string hardware;  // empty: the plan's, or h200-sxm
  std::string dtype = "bf16";
  std::string kernel, baseline;  // empty: the fastest
  std::int64_t heads = 32, kv_heads = 0, head_dim = 128, batch = 1, extra_tokens = 0;
  bool causal = false;
  bool sweep = false, dilations = false;
  std::string tiles;  // of the sweep; empty: every list of configs/tiles
};
// The layout of --tokens, at most 2^40 of them.
core::Result<patterns::Lengths> layout_of(const BoundOptions& options);
core::Result<int> run_sweep(const CommonOptions& common, const BoundOptions& options);
core::Result<int> run_bound(const CommonOptions& common, const BoundOptions& options);

struct SchemaOptions {
  std::string kind;   // empty: all
  bool keys = false;  // tables for people instead of the schema
};
core::Result<int> run_schema(const CommonOptions& common, const SchemaOptions& options);

struct PredictOptions {
  std::string cases;  // a path, or - for stdin
  std::string hardware = "h200-sxm";
  std::string kernel;  // for rows that name none; empty: the fastest
};
core::Result<int> run_predict(const CommonOptions& common, const PredictOptions& options);

struct CalibrateOptions {
  std::string table;     // CSV of cases with measured_ms
  std::string kernel;
  std::string hardware = "h200-sxm";
  std::string output;
  std::int64_t knots = 192, pick = 0;
  std::string device;    // measures instead of reading `table`
  std::string rows;      // raw rows of a device; empty: beside the output
  std::int64_t cases = 60, seconds = 120;
  std::string dtype;     // of the cases; empty: the kernel's first
  std::string head_dims = "64,128";  // of the cases
};
core::Result<int> run_calibrate(const CommonOptions& common, const CalibrateOptions& options);

struct BenchOptions {
  std::string suite;
  std::string device = "cpu";
  std::string output;  // empty: nowhere
  std::string format = "spanwise";  // of the output and of --json
  std::string commit;               // empty: the CI system's, or git's
  std::int64_t rounds = 0;          // of fresh processes, for a baseline
  std::string store;                // folder of rounds and histories; empty: the user's cache
  bool to_history = false;
};
core::Result<int> run_bench(const CommonOptions& common, const BenchOptions& options);

struct CheckOptions {
  std::string suite;                                     // empty: the baseline's, or quick
  std::string baseline_device, candidate_device;         // side by side
  std::string baseline, candidate;                       // files of bench
  std::string device;                                    // runs the candidate, or is held against the model
  std::string golden;                                    // file of counts and predictions to hold the simulator against
  bool update_golden = false;
  std::string junit, output, store;                      // files to write; folder of rounds
  std::string min_effect = "2";                          // percent
  std::int64_t rounds = 11, max_rounds = 33, max_seconds = 600;
  std::string commit;                                    // for the history; empty: the CI system's, or git's
  bool strict = false, annotations = false, wrong_only = false, history = false, to_history = false;
};
core::Result<int> run_check(const CommonOptions& common, const CheckOptions& options);

// `cases` is a path, or - for stdin; `picture` the file to draw the first case to (.svg, .png, or - for the terminal).
core::Result<int> run_count(const CommonOptions& common, const std::string& cases, const std::string& picture);
core::Result<int> run_solve(const std::string& problem, double time_limit_s);  // 0: no limit
core::Result<int> run_verify(const CommonOptions& common, const std::string& plan, const std::string& hardware);

struct ShowOptions {
  std::string kind;  // hardware, model, kernel, pattern, suite; or a file, and then `name` is empty
  std::string name;
};
core::Result<int> run_list(const CommonOptions& common, const std::string& kind, bool names_only);
core::Result<int> run_show(const CommonOptions& common, const ShowOptions& options);
core::Result<int> run_doctor(const CommonOptions& common);

struct HelpOptions {
  std::string command;
  bool manual = false, markdown = false;
};
core::Result<int> run_help(const std::vector<Command>& commands, const HelpOptions& options);
core::Result<int> run_completion(const std::string& shell);
// What fits where the cursor stands: words[0] is its index among the words after it, the program's name included.
core::Result<int> run_complete(const std::vector<Command>& commands, const std::vector<std::string>& words);

}  // namespace spanwise::cli
