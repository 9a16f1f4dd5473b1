// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/catalog_tables.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "core/documents/json_text.h"

namespace spanwise::cli {
namespace {

void print_nothing_found(const std::string& kind) {
  print_warning(fmt::format("there are no {} yet; yours go into {}/ of a --data folder", kind,
                            std::string_view(kind) == "suites" ? "configs/suites" : kind));
}

}  // namespace

core::Result<int> run_list(const CommonOptions& common, const std::string& kind, bool names_only) {
  const auto folders = data_folders(common.data);
  if (names_only) {
    std::string names;
    for (const auto& name : names_of(kind, folders)) names += name + "\n";
    print_result(names);
    return 0;
  }
  const auto listing = list_of(kind, folders);
  if (common.json) {
    print_result(fmt::format("{{\"schema\": \"spanwise/list\", \"schema_version\": 1, \"kind\": {}, \"items\": {}}}\n",
                             documents::quote_json(kind), reports::render_json(listing.table)));
  } else if (!listing.table.rows.empty()) {
    print_result(common.markdown ? reports::render_markdown(listing.table)
                                 : reports::render_terminal(listing.table, terminal_columns(), wants_color()));
  } else if (listing.problems.empty()) {
    print_nothing_found(kind);
  }
  if (!listing.problems.empty()) return listing.problems;
  return 0;
}

}  // namespace spanwise::cli
