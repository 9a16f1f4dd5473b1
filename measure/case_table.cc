// SPDX-License-Identifier: Apache-2.0
#include "measure/case_table.h"

#include <algorithm>
#include <array>

#include "core/documents/map_reader.h"

namespace spanwise::measure {
namespace {

constexpr std::array<std::string_view, 24> kFields = {
    "op",    "kernel",   "phase",      "batch", "q_len",    "kv_len", "tokens",  "q_heads", "kv_heads", "head_dim", "head_dim_v", "dtype",
    "kv_dtype", "causal", "pattern",   "q_tile", "kv_tile", "tiling", "page",    "q_lens",  "kv_lens",  "cache",    "regime",     "params"};
constexpr std::array<std::string_view, 4> kJsonFields = {"pattern", "params", "q_lens", "kv_lens"};

bool contains(const auto& names, std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); }

// Everything below `node` is in one line of the table.
void place(documents::Node& node, std::uint32_t line) {
  node.line = line;
  node.column = 1;
  for (auto& item : node.items) place(item, line);
  for (auto& entry : node.entries) {
    entry.line = line;
    entry.column = 1;
    place(entry.value, line);
  }
}

// JSON, or the shorter YAML of it (dense).
core::Result<documents::Node> parse_cell(const std::string& cell, const std::string& file) {
  const bool is_json = cell.front() == '{' || cell.front() == '[';
  auto document = is_json ? documents::parse_json(cell, file) : documents::parse_yaml(cell, file);
  if (!document) return document.error();
  return std::move(document->root);
}

core::Result<patterns::Case> case_of(const core::CsvTable& table, const core::CsvRow& row, const std::string& file) {
  documents::Node node;
  node.kind = documents::Kind::kMap;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const auto& name = table.header[i];
    const bool known = contains(kFields, name) || name == "seed";
    if (!known || row.cells[i].empty()) continue;
    documents::Entry entry;
    entry.key = name;
    if (contains(kJsonFields, name)) {
      auto value = parse_cell(row.cells[i], file);
      if (!value) {
        auto reasons = value.error();
        for (auto& reason : reasons) reason.place = {file, row.line, 1};
        reasons.front().message = "'" + name + "': " + reasons.front().message;
        return reasons;
      }
      entry.value = std::move(*value);
    } else {
      entry.value.kind = documents::Kind::kScalar;
      entry.value.text = row.cells[i];
    }
    node.entries.push_back(std::move(entry));
  }
  place(node, row.line);
  documents::Context context(file);
  auto shape = patterns::read_case(node, context);
  if (!context.ok()) return context.take();
  return shape;
}

}  // namespace

std::vector<core::Result<patterns::Case>> cases_of(const core::CsvTable& table, const std::string& file) {
  std::vector<core::Result<patterns::Case>> cases;
  cases.reserve(table.rows.size());
  for (const auto& row : table.rows) cases.push_back(case_of(table, row, file));
  return cases;
}

int column_of(const core::CsvTable& table, std::string_view name) {
  const auto found = std::find(table.header.begin(), table.header.end(), name);
  return found == table.header.end() ? -1 : static_cast<int>(found - table.header.begin());
}

}  // namespace spanwise::measure
