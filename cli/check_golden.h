// SPDX-License-Identifier: Apache-2.0
// The gate of the simulator itself: counts and predictions that were looked at once and are kept in a file.
#pragma once

#include <filesystem>

#include "cli/commands.h"

namespace spanwise::cli {

// The file is JSON Lines: {"id", "count": a line of `count`, "result"} or {"id", "predict": a Case, "hardware", "result"}; a result
// is what Spanwise says, or {"error"}. Counts must be equal, predicted times within 1e-9 of each other. Every difference is
// printed. `update` writes the results of now, but for cases that worked before and fail now: those lines stay until
// somebody takes them out. Exit 1 when anything differs and is not updated.
core::Result<int> check_golden(const CommonOptions& common, const std::filesystem::path& file, bool update);

}  // namespace spanwise::cli
