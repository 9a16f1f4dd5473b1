// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>

namespace spanwise::cli {

std::vector<std::string> Option::names() const {
  const auto comma = flags.find(',');
  if (comma == std::string::npos) return {flags};
  return {flags.substr(0, comma), flags.substr(comma + 1)};
}

std::string Option::name() const { return names().back(); }

const Option* Command::find(std::string_view wanted) const {
  for (const auto& option : options) {
    const auto names = option.names();
    if (!option.is_argument() && std::find(names.begin(), names.end(), wanted) != names.end()) return &option;
  }
  return nullptr;
}

std::string Command::usage() const {
  std::string line = "spanwise " + name;
  bool has_options = false;
  for (const auto& option : options) {
    has_options = has_options || !option.is_argument();
    if (option.is_argument()) line += option.required ? " " + option.flags : " [" + option.flags + "]";
  }
  return has_options ? line + " [options]" : line;
}

const Command* find_command(const std::vector<Command>& commands, std::string_view name) {
  const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& c) { return c.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

std::vector<std::string> command_names(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return names;
}

}  // namespace spanwise::cli
