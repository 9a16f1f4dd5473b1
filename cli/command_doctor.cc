// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/doctor.h"
#include "reports/table.h"

namespace spanwise::cli {
namespace {

std::string as_json(const std::vector<Finding>& findings, bool good) {
  nlohmann::ordered_json out = {{"schema", "spanwise/doctor"}, {"schema_version", 1}, {"version", SPANWISE_VERSION}, {"good", good}};
  auto& list = out["findings"] = nlohmann::ordered_json::array();
  for (const auto& f : findings) {
    list.push_back({{"what", f.what}, {"state", state_name(f.state)}, {"found", f.found}});
    if (!f.fix.empty()) list.back()["fix"] = f.fix;
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

reports::Table table_of(const std::vector<Finding>& findings) {
  reports::Table table;
  table.columns = {{"what", {"what", "", false}},
                   {"state", {"state", "", false}},
                   {"found", {.header = "found, and what would help", .numeric = false, .sentence = true}}};
  for (const auto& f : findings) table.rows.push_back({f.what, state_name(f.state), f.fix.empty() ? f.found : fmt::format("{}; {}", f.found, f.fix)});
  return table;
}

}  // namespace

core::Result<int> run_doctor(const CommonOptions& common) {
  const auto findings = examine(common.data);
  std::size_t missing = 0;
  for (const auto& finding : findings) missing += finding.state == State::kMissing ? 1 : 0;
  if (common.json) {
    print_result(as_json(findings, missing == 0));
  } else {
    const auto table = table_of(findings);
    print_result(common.markdown ? reports::render_markdown(table) : reports::render_terminal(table, terminal_columns(), wants_color()));
  }
  return missing == 0 ? 0 : 3;
}

}  // namespace spanwise::cli
