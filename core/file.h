// SPDX-License-Identifier: Apache-2.0
// Reading and writing whole files so that a kill at any moment leaves the old file or the new one, never a piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.h"

namespace spanwise::core {

// The bytes of a regular file, at most `limit`. A missing file gets a did-you-mean from its folder.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

// Temporary file in the same folder, write, fsync, rename, fsync of the folder. Makes missing parent folders.
// A full disk or a missing permission leaves the old file as it was and no temporary file behind. What is neither a
// file nor a folder (/dev/stdout, a pipe) is written to, not replaced.
Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

// The user's cache folder for Spanwise: $XDG_CACHE_HOME or ~/.cache, then /spanwise. Empty when there is no home.
std::filesystem::path user_cache_folder();

// The user's own data: $XDG_CONFIG_HOME or ~/.config, then /spanwise. Empty when there is no home.
std::filesystem::path user_config_folder();

}  // namespace spanwise::core
