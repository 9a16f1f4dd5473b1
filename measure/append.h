// SPDX-License-Identifier: Apache-2.0
// Lines that are added to a file so that neither a kill, a full disk nor another process that adds at the same time takes
// any that were there.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"

namespace spanwise::measure {

// Adds whole lines (each ends in '\n') in one piece, after what others are just adding, and waits until the disk has them.
// A last line that somebody left torn is ended first. What does not fit is taken back: the file is then as it was.
// Makes missing folders. `what` is it for people: "a round".
core::Status append_lines(const std::filesystem::path& path, const std::string& lines, const std::string& what);

}  // namespace spanwise::measure
