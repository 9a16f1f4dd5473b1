// SPDX-License-Identifier: Apache-2.0
// What --dry-run prints: every setting of a command and where its value comes from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/session.h"

namespace spanwise::cli {

class Settings {
 public:
  explicit Settings(const CommonOptions& common) : common_(common) {}

  // `origin` is "given", "default", "FILE:LINE" or a variable of the environment.
  void add(std::string name, std::string value, std::string origin);

  // Given when the option stood on the command line, else `otherwise`.
  void add_option(std::string name, const std::string& option, std::string value, std::string otherwise = "default");

  // Threads, data folders and the cache, which several commands share.
  void add_common(Session& session);

  // The whole table as text, Markdown or JSON.
  std::string print(const std::string& command) const;

 private:
  std::string as_lines() const;

  const CommonOptions& common_;
  struct Setting {
    std::string name, value, origin;
  };
  std::vector<Setting> settings_;
};

// "FILE:LINE" of a key at the top of a YAML or JSON file; `otherwise` when the file does not have it.
std::string place_of(const std::filesystem::path& file, std::string_view key, std::string otherwise);

}  // namespace spanwise::cli
