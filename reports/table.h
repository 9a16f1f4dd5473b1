// SPDX-License-Identifier: Apache-2.0
// A table with one meaning and several looks: terminal, Markdown, JSON.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/text_table.h"

namespace spanwise::reports {

struct Cell {
  Cell(std::string words) : text(std::move(words)) {}                                  // NOLINT: implicit
  Cell(const char* words) : text(words) {}                                             // NOLINT: implicit
  Cell(std::string words, double value) : text(std::move(words)), number(value) {}

  std::string text;              // as people read it
  std::optional<double> number;  // as programs read it, in base units; absent: the text
};

struct Column {
  std::string key;  // in JSON; carries the unit of a number: "memory_bytes_per_s"
  TextColumn look;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // one cell a column
};

// Lines of at most `columns` characters, the header faint when colour is asked for. Letters beyond ASCII become '?'.
std::string render_terminal(const Table& table, int columns, bool color);

// A table as GitHub and most editors show it; what a cell holds cannot break out of it.
std::string render_markdown(const Table& table);

// A list of objects, one a row, on one line.
std::string render_json(const Table& table);

}  // namespace spanwise::reports
