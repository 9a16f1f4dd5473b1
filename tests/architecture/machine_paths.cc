// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "tests/architecture/source_rules.h"

namespace spanwise::architecture {
namespace {

constexpr std::array<std::string_view, 4> kTopFolders = {"work", "root", "home", "tmp"};

// A top folder and something in it, as a path of its own: what stands before the slash does not belong to a
// longer path.
bool begins_machine_path(std::string_view text, std::size_t slash) {
  constexpr std::string_view kOpeners = " \t\n\"'`(=[<>:,";
  if (slash > 0 && kOpeners.find(text[slash - 1]) == std::string_view::npos) return false;
  const std::string_view rest = text.substr(slash + 1);
  for (const std::string_view folder : kTopFolders) {
    if (rest.starts_with(folder) && rest.substr(folder.size()).starts_with('/')) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> find_machine_paths(std::string_view path, std::string_view text) {
  std::vector<std::string> findings;
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') ++line;
    if (text[at] == '/' && begins_machine_path(text, at)) {
      findings.push_back(fmt::format("{}:{}: names a folder of one machine: {}", path, line,
                                     text.substr(at, text.find_first_of(" \n\"'`)", at) - at)));
    }
  }
  return findings;
}

}  // namespace spanwise::architecture
