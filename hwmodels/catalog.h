// SPDX-License-Identifier: Apache-2.0
// Finding data files by name: by path, in --data folders, in the user's folder, then beside the program.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hwmodels/kernel_model.h"
#include "hwmodels/machine.h"

namespace spanwise::hwmodels {

// Folders that are laid out as the root of the project: configs/, hwmodels/machines/, hwmodels/kernels/.
using DataFolders = std::vector<std::filesystem::path>;

// `name` as a path if such a file exists, else `subfolder`/name.yaml in the first data folder that has it. The error
// lists the known names and the nearest; `what` is "machine", "model", ...
core::Result<std::filesystem::path> find_data(std::string_view name, std::string_view what,
                                              const std::filesystem::path& subfolder, const DataFolders& folders);

// The names in a subfolder over all data folders, sorted.
std::vector<std::string> data_names(const std::filesystem::path& subfolder, const DataFolders& folders);

// Every kernel description of hwmodels/kernels; an earlier folder hides the same name in a later one.
core::Result<std::map<std::string, KernelModel>> read_kernel_models(const DataFolders& folders);

}  // namespace spanwise::hwmodels
