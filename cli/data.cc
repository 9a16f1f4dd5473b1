// SPDX-License-Identifier: Apache-2.0
#include "cli/data.h"

#include <fmt/format.h>

#include "cli/console.h"
#include "core/file.h"

namespace spanwise::cli {
namespace {

namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

// The checkout that the program was built in, or share/spanwise of an installed one.
fs::path folder_beside_program() {
  std::error_code ignored;
  for (auto folder = program_folder(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / "hwmodels" / "machines", ignored)) return folder;
    const auto shared = folder / "share" / "spanwise";
    if (fs::exists(shared / "hwmodels" / "machines", ignored)) return shared;
  }
  return {};
}

}  // namespace

hwmodels::DataFolders data_folders(const std::vector<std::string>& given) {
  hwmodels::DataFolders folders(given.begin(), given.end());
  if (const auto user = core::user_config_folder(); !user.empty()) folders.push_back(user);
  if (const auto beside = folder_beside_program(); !beside.empty()) folders.push_back(beside);
  return folders;
}

fs::path runner_program(const std::string& device) { return program_folder() / fmt::format("spanwise-{}", device); }

std::string device_command(const std::string& device) {
  if (device != "cpu" && device != "cuda") return device;
  return "exec " + shell_quoted(runner_program(device).string());
}

}  // namespace spanwise::cli
