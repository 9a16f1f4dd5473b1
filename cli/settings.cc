// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cli/console.h"
#include "core/documents/document.h"
#include "core/documents/json_text.h"
#include "core/file.h"
#include "reports/table.h"
#include "reports/text.h"

namespace spanwise::cli {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] == '/';  // as core::user_cache_folder() asks
}

std::string home_origin(const char* variable) { return is_set(variable) ? fmt::format("environment {}", variable) : "environment HOME"; }

}  // namespace

void Settings::add(std::string name, std::string value, std::string origin) {
  settings_.push_back({std::move(name), std::move(value), std::move(origin)});
}

void Settings::add_option(std::string name, const std::string& option, std::string value, std::string otherwise) {
  add(std::move(name), std::move(value), common_.gives(option) ? "given" : std::move(otherwise));
}

void Settings::add_common(Session& session) {
  add_option("threads", "--jobs", fmt::format("{}", session.pool().threads()), "default: every processor");
  for (const auto& folder : session.folders()) {
    const bool given = std::find(common_.data.begin(), common_.data.end(), folder.string()) != common_.data.end();
    const bool user = folder == core::user_config_folder();
    add("data folder", folder.string(), given ? "given" : user ? home_origin("XDG_CONFIG_HOME") : "beside the program");
  }
  const auto cache = core::user_cache_folder();
  add("cache", cache.empty() ? "none" : cache.string(), cache.empty() ? "neither XDG_CACHE_HOME nor HOME is set" : home_origin("XDG_CACHE_HOME"));
}

std::string Settings::as_lines() const {
  constexpr std::size_t kUsualValue = 32;  // longer ones push their origin to the right
  std::size_t name_width = 0, value_width = 0;
  for (const auto& s : settings_) {
    name_width = std::max(name_width, s.name.size());
    if (s.value.size() <= kUsualValue) value_width = std::max(value_width, s.value.size());
  }
  const auto columns = static_cast<std::size_t>(terminal_columns());
  std::string out;
  for (const auto& s : settings_) {
    auto line = fmt::format("{:<{}}  {:<{}}", s.name, name_width, reports::ascii_only(s.value), value_width);
    if (line.size() + 2 + s.origin.size() > columns) line.erase(line.find_last_not_of(' ') + 1);
    if (line.size() + 2 + s.origin.size() > columns) {
      out += line + "\n";
      line.assign(name_width, ' ');
    }
    out += fmt::format("{}  {}\n", line, reports::ascii_only(s.origin));
  }
  return out;
}

std::string Settings::print(const std::string& command) const {
  reports::Table table;
  table.columns = {{"setting", {"setting", "", false}},
                   {"value", {"value", "", false}},
                   {"origin", {.header = "from", .numeric = false, .sentence = true}}};
  for (const auto& s : settings_) table.rows.push_back({s.name, s.value, s.origin});
  if (common_.json) {
    return fmt::format("{{\"schema\": \"spanwise/settings\", \"schema_version\": 1, \"command\": {}, \"settings\": {}}}\n",
                       documents::quote_json(command), reports::render_json(table));
  }
  if (common_.markdown) return reports::render_markdown(table);
  return as_lines();
}

std::string place_of(const std::filesystem::path& file, std::string_view key, std::string otherwise) {
  const auto document = documents::read_document(file, documents::kTableLimits);
  if (!document) return otherwise;
  for (const auto& entry : document->root.entries) {
    if (entry.key == key) return fmt::format("{}:{}", file.string(), entry.line);
  }
  return otherwise;
}

}  // namespace spanwise::cli
