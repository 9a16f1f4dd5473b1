// SPDX-License-Identifier: Apache-2.0
// A problem from its file, up to 1 GiB of it.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"
#include "tuner/problem.h"

namespace spanwise::documents {
class StreamedJson;
}  // namespace spanwise::documents

namespace spanwise::tuner {

struct ProblemFile {
  Problem problem;
  std::string tables_sha256;  // of the file's bytes, a byte order mark aside
};

// JSON (.json) is read head by head and never stands in memory as a tree; all else is YAML.
core::Result<ProblemFile> read_problem_file(const std::filesystem::path& path);

// The same from text in memory whose streamed list is "heads".
core::Result<Problem> read_problem(const documents::StreamedJson& json);

}  // namespace spanwise::tuner
