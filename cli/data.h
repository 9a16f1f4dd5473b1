// SPDX-License-Identifier: Apache-2.0
// Where data files and runner programs are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "hwmodels/catalog.h"

namespace spanwise::cli {

// --data folders first, then the user's config folder, then the folder beside the program.
hwmodels::DataFolders data_folders(const std::vector<std::string>& given);

// The runner of "cpu" or "cuda" beside this program, whether or not it is there.
std::filesystem::path runner_program(const std::string& device);

// The command that starts the runner of a device: "cpu" and "cuda" are the runners beside this program, anything else
// is taken as a command that speaks the runner protocol.
std::string device_command(const std::string& device);

}  // namespace spanwise::cli
