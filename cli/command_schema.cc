// SPDX-License-Identifier: Apache-2.0
// Prints the JSON Schema of a kind of file, or the tables of its keys.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/schema_keys.h"
#include "core/file.h"
#include "core/suggest.h"

namespace spanwise::cli {
namespace {

core::Result<std::string> schema_text(const CommonOptions& common, const std::string& kind) {
  for (const auto& folder : data_folders(common.data)) {
    const auto path = folder / "configs/schema" / (kind + ".schema.json");
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return core::read_file(path, 1 << 20);
  }
  return core::fail(core::Fault::kEnvironment, fmt::format("no schema of '{}' found", kind),
                    "the folder configs/schema should stand beside the program; --data DIR names another place");
}

}  // namespace

core::Result<int> run_schema(const CommonOptions& common, const SchemaOptions& options) {
  const auto& kinds = schema_kinds();
  if (!options.kind.empty() && std::find(kinds.begin(), kinds.end(), options.kind) == kinds.end()) {
    return core::fail(core::Fault::kInput, fmt::format("unknown kind of file '{}'", options.kind), core::suggestion(options.kind, kinds));
  }
  if (options.kind.empty() && !options.keys) {
    return core::fail(core::Fault::kInput, "schema needs a kind of file", core::suggestion("", kinds));
  }
  std::string out;
  for (const auto& kind : options.kind.empty() ? kinds : std::vector<std::string>{options.kind}) {
    auto text = schema_text(common, kind);
    if (text && options.keys) text = schema_keys(*text);
    if (!text) return text.error();
    out += *text;
  }
  if (options.keys && options.kind.empty()) out += pattern_keys();
  return print_result(out) ? 0 : 3;
}

}  // namespace spanwise::cli
