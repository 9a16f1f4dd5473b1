// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/catalog_tables.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/show_data.h"
#include "cli/show_file.h"
#include "core/suggest.h"

namespace spanwise::cli {
namespace {

core::Result<Shown> show_named(Session& session, const DataKind& kind, const std::string& name) {
  const auto& folders = session.folders();
  if (std::string_view(kind.singular) == "pattern") {
    if (const auto* info = patterns::find_kind(name)) return show_pattern(*info);
    return core::fail(core::Fault::kInput, fmt::format("unknown pattern '{}'", name), core::suggestion(name, names_of("patterns", folders)));
  }
  const auto path = hwmodels::find_data(name, kind.singular, kind.subfolder, folders);
  if (!path) return path.error();
  if (std::string_view(kind.singular) == "model") return show_model(*path);
  if (std::string_view(kind.singular) == "hardware") return show_machine(*path);
  if (std::string_view(kind.singular) == "kernel") return show_kernel(*path, folders);
  return show_file(session, *path);
}

// `show h200-sxm`: the kind is clear when the name is known.
const DataKind* kind_with(const std::string& name, const hwmodels::DataFolders& folders) {
  for (const auto& kind : data_kinds()) {
    const auto names = names_of(kind.plural, folders);
    if (std::find(names.begin(), names.end(), name) != names.end()) return &kind;
  }
  return nullptr;
}

bool looks_like_file(const std::string& word) {
  const std::filesystem::path path(word);
  const auto extension = path.extension();
  return path.has_parent_path() || extension == ".yaml" || extension == ".yml" || extension == ".json" || extension == ".jsonl";
}

core::Diagnostics unknown_thing(const std::string& word, const hwmodels::DataFolders& folders) {
  std::vector<std::string> kinds, names;
  for (const auto& kind : data_kinds()) {
    kinds.emplace_back(kind.singular);
    const auto of_kind = names_of(kind.plural, folders);
    names.insert(names.end(), of_kind.begin(), of_kind.end());
  }
  auto hint = core::suggestion(word, kinds) + ", or a file";
  if (const auto near = core::nearest(word, names); !near.empty() && core::nearest(word, kinds).empty()) hint = fmt::format("did you mean '{}'? {}", near, hint);
  return core::fail(core::Fault::kInput, fmt::format("'{}' is neither a kind, nor a name, nor a file", word), hint);
}

core::Result<Shown> find_shown(Session& session, const ShowOptions& options) {
  const auto& folders = session.folders();
  for (const auto& kind : data_kinds()) {
    if (options.kind != kind.singular && options.kind != kind.plural) continue;
    if (!options.name.empty()) return show_named(session, kind, options.name);
    return core::fail(core::Fault::kInput, fmt::format("show {} needs a name", options.kind), core::suggestion("", names_of(kind.plural, folders)));
  }
  if (!options.name.empty()) return unknown_thing(options.kind, folders);
  if (looks_like_file(options.kind)) return show_file(session, options.kind);
  if (const auto* kind = kind_with(options.kind, folders)) return show_named(session, *kind, options.kind);
  return unknown_thing(options.kind, folders);
}

}  // namespace

core::Result<int> run_show(const CommonOptions& common, const ShowOptions& options) {
  auto session = Session::open(common);
  if (!session) return session.error();
  const auto shown = find_shown(**session, options);
  if (!shown) return shown.error();
  print_result(print_shown(*shown, common, terminal_columns(), wants_color()));
  return 0;
}

}  // namespace spanwise::cli
