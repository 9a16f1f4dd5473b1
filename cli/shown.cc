// SPDX-License-Identifier: Apache-2.0
#include "cli/shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/screen.h"

namespace spanwise::cli {
namespace {

using nlohmann::ordered_json;

std::string key_of(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string as_json(const Shown& shown) {
  ordered_json out = {{"schema", "spanwise/show"}, {"schema_version", 1}, {"kind", shown.kind}, {"title", shown.title},
                      {"facts", ordered_json::object()}, {"tables", ordered_json::object()}};
  for (const auto& fact : shown.facts) out["facts"][key_of(fact.name)] = fact.text;
  for (const auto& each : shown.tables) out["tables"][key_of(each.name)] = ordered_json::parse(reports::render_json(each.table));
  if (!shown.content.empty()) out["content"] = ordered_json::parse(shown.content);
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string as_markdown(const Shown& shown) {
  reports::Table facts;
  facts.columns = {{"fact", {"fact", "", false}}, {"value", {"value", "", false}}};
  for (const auto& fact : shown.facts) facts.rows.push_back({fact.name, fact.text});
  auto out = fmt::format("## {}\n\n{}", shown.title, reports::render_markdown(facts));
  for (const auto& each : shown.tables) out += fmt::format("\n### {}\n\n{}", each.name, reports::render_markdown(each.table));
  if (!shown.picture.empty()) out += fmt::format("\n```\n{}```\n", shown.picture);
  return out;
}

std::string as_text(const Shown& shown, int columns, bool color) {
  reports::Screen screen(columns, color);
  std::size_t indent = 0;
  for (const auto& fact : shown.facts) indent = std::max(indent, fact.name.size() + 2);
  screen.remarks(std::vector<reports::Remark>{{"", shown.title, "", reports::Style::kStrong}}, 4);
  std::vector<reports::Remark> remarks;
  for (const auto& fact : shown.facts) remarks.push_back({fact.name, fact.text});
  screen.remarks(remarks, indent);
  std::string out = screen.text();
  for (const auto& each : shown.tables) {
    if (!each.table.rows.empty()) out += "\n" + reports::render_terminal(each.table, columns, color);
  }
  return shown.picture.empty() ? out : out + "\n" + shown.picture;
}

}  // namespace

std::string print_shown(const Shown& shown, const CommonOptions& common, int columns, bool color) {
  if (common.json) return as_json(shown);
  return common.markdown ? as_markdown(shown) : as_text(shown, columns, color);
}

}  // namespace spanwise::cli
