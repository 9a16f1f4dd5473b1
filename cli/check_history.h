// SPDX-License-Identifier: Apache-2.0
// `check --history`: steps in the times that `--to-history` kept.
#pragma once

#include <filesystem>
#include <string>

#include "cli/commands.h"
#include "measure/bench_file.h"

namespace spanwise::cli {

// Folder of rounds and histories: `given`, else spanwise/checks in the user's cache folder; empty when there is no home.
std::filesystem::path store_folder(const std::string& given);

// Adds a run's cases. Errors: no case has the rounds, no folder, the disk.
core::Status keep_in_history(const std::string& store, const measure::BenchFile& run);

// Looks for steps and prints them, each machine and suite by itself. Exit 1 with --strict when the latest step of a case is
// to longer times.
core::Result<int> check_history(const CommonOptions& common, const CheckOptions& options, double smallest_effect);

}  // namespace spanwise::cli
