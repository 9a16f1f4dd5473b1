// SPDX-License-Identifier: Apache-2.0
#include "reports/table.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/markdown.h"
#include "reports/screen.h"
#include "reports/text.h"

namespace spanwise::reports {
namespace {

nlohmann::ordered_json json_cell(const Cell& cell) {
  if (!cell.number) return cell.text;
  const double value = *cell.number;
  if (value == std::floor(value) && std::abs(value) < 0x1p53) return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace

std::string render_terminal(const Table& table, int columns, bool color) {
  Screen screen(columns, color);
  screen.table(table);
  return screen.text();
}

std::string render_markdown(const Table& table) {
  std::string head = "|", rule = "|";
  for (const auto& column : table.columns) {
    head += " " + markdown_text(column.look.header) + " |";
    rule += column.look.numeric ? "---:|" : "---|";
  }
  std::string out = head + "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const auto& cell : row) out += " " + markdown_text(cell.text) + " |";
    out += "\n";
  }
  return out;
}

std::string render_json(const Table& table) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    auto object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < table.columns.size(); ++i) object[table.columns[i].key] = json_cell(row[i]);
    list.push_back(std::move(object));
  }
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace spanwise::reports
