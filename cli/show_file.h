// SPDX-License-Identifier: Apache-2.0
// Any file that Spanwise reads or writes: which kind it is, and what can be said of it.
#pragma once

#include <filesystem>

#include "cli/shown.h"
#include "core/documents/document.h"
#include "core/result.h"

namespace spanwise::cli {

// hardware, model, kernel, plan, problem, profile; the `schema` of a result; "file" when nothing tells.
std::string file_kind(const documents::Node& root);

core::Result<Shown> show_file(Session& session, const std::filesystem::path& path);

}  // namespace spanwise::cli
