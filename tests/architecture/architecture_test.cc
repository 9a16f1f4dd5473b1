// SPDX-License-Identifier: Apache-2.0
// Every source file of this checkout against the rules, and every text against paths of one machine.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/architecture/source_rules.h"

namespace spanwise::architecture {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SPANWISE_SOURCE_DIR;

std::string read(const std::string& path) {
  std::ifstream file(kRoot / path, std::ios::binary);
  REQUIRE_MESSAGE(file, path);
  return (std::ostringstream() << file.rdbuf()).str();
}

// Files below `folder` with one of the endings, as paths from the root, in order.
std::vector<std::string> files_below(const std::string& folder, const std::vector<std::string>& endings) {
  std::vector<std::string> paths;
  if (!fs::exists(kRoot / folder)) return paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    const std::string path = entry.path().lexically_relative(kRoot).generic_string();
    const auto fits = [&](const std::string& ending) { return path.ends_with(ending); };
    if (entry.is_regular_file() && std::any_of(endings.begin(), endings.end(), fits)) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

constexpr std::array kCodeFolders = {"core",    "patterns", "hwmodels", "sim", "kernels",
                                     "measure", "tuner",    "reports",  "cli", "tests"};
const std::vector<std::string> kCode = {".h", ".cc", ".cu", ".cuh"};

void expect_empty(const std::vector<std::string>& findings) {
  CHECK_MESSAGE(findings.empty(), fmt::format("\n{}", fmt::join(findings, "\n")));
}

void append(std::vector<std::string>& all, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

TEST_CASE("every source file keeps the rules") {
  std::vector<std::string> findings;
  std::map<std::string, int> files_in_room;
  for (const char* folder : kCodeFolders) {
    for (const std::string& path : files_below(folder, kCode)) {
      ++files_in_room[room_of(path)];
      const std::string own_header = path.substr(0, path.rfind('.')) + ".h";
      append(findings,
             check_source({path, read(path), path.ends_with(".cc") && fs::exists(kRoot / own_header)}));
    }
  }
  expect_empty(findings);
  // Proof that the scan went where the code is.
  for (const std::string& room : rooms()) CHECK_MESSAGE(files_in_room[room] > 0, room);
}

// Tests in C++ are left out: a home folder of somebody may be what they are about.
TEST_CASE("no text names a folder of one machine") {
  const std::vector<std::string> texts = {".md", ".yaml", ".json", ".txt", ".cmake", ".sh", ".py"};
  std::vector<std::string> paths;
  for (const char* folder : kCodeFolders) append(paths, files_below(folder, kCode));
  std::erase_if(paths, [](const std::string& path) { return path.starts_with("tests/"); });
  for (const char* folder : kCodeFolders) append(paths, files_below(folder, texts));
  for (const char* folder : {"configs", "docs", "cmake"}) append(paths, files_below(folder, texts));
  for (const char* path : {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CMakeLists.txt",
                           "CMakePresets.json", "spanwise", ".ci/run"}) {
    paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> findings;
  for (const std::string& path : paths) append(findings, find_machine_paths(path, read(path)));
  expect_empty(findings);
}

}  // namespace
}  // namespace spanwise::architecture
