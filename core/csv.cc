// SPDX-License-Identifier: Apache-2.0
#include "core/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace spanwise::core {
namespace {

Diagnostics at_line(const std::string& file, std::uint32_t line, std::string message, std::string hint = {}) {
  return {Diagnostic{Fault::kInput, {file, line, 1}, std::move(message), std::move(hint)}};
}

class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  bool at_end() const { return at_ >= text_.size(); }

  // The cells up to the end of the line; no cells for an empty line.
  Result<CsvRow> row() {
    CsvRow row;
    row.line = line_;
    bool empty = true;
    while (true) {
      auto cell = this->cell(row.line);
      if (!cell) return cell.error();
      row.cells.push_back(std::move(*cell));
      const char end = at_end() ? '\n' : text_[at_++];
      if (end == ',') {
        empty = false;
        continue;
      }
      if (empty && row.cells.front().empty()) row.cells.clear();
      ++line_;
      return row;
    }
  }

 private:
  // Stops at the comma or line break that ends the cell.
  Result<std::string> cell(std::uint32_t row_line) {
    std::string out;
    if (!at_end() && text_[at_] == '"') {
      ++at_;
      while (true) {
        if (at_end()) return at_line(file_, row_line, "a quoted cell of this row does not end");
        const char c = text_[at_++];
        if (c == '\n') ++line_;
        if (c != '"') {
          out += c;
        } else if (!at_end() && text_[at_] == '"') {
          out += '"';
          ++at_;
        } else {
          break;
        }
      }
    }
    const auto end = std::min(text_.find_first_of(",\n", at_), text_.size());
    out += text_.substr(at_, end - at_);
    at_ = end;
    if (!out.empty() && out.back() == '\r') out.pop_back();
    return out;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace

Result<CsvTable> parse_csv(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Scanner scanner(text, file);
  CsvTable table;
  while (!scanner.at_end()) {
    auto row = scanner.row();
    if (!row) return row.error();
    if (row->cells.empty()) continue;
    if (table.header.empty()) {
      table.header = std::move(row->cells);
      for (auto name = table.header.begin(); name != table.header.end(); ++name) {
        if (std::find(table.header.begin(), name, *name) == name) continue;
        return at_line(file, row->line, fmt::format("the column '{}' is given twice", *name));
      }
      continue;
    }
    if (row->cells.size() != table.header.size()) {
      return at_line(file, row->line,
                     fmt::format("this row has {} cells, but the header has {}", row->cells.size(), table.header.size()),
                     "a cell with commas, such as a pattern in JSON, goes in quotes with inner quotes doubled");
    }
    table.rows.push_back(std::move(*row));
  }
  if (table.header.empty()) return fail_in(Fault::kInput, file, "the file is empty; its first line must name the columns");
  return table;
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out(1, '"');
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace spanwise::core
