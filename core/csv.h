// SPDX-License-Identifier: Apache-2.0
// Comma-separated values (RFC 4180): cells may be quoted, quoted cells may hold commas, doubled quotes and line breaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace spanwise::core {

struct CsvRow {
  std::uint32_t line = 0;           // where the row begins, from 1
  std::vector<std::string> cells;   // as many as the header has
};

struct CsvTable {
  std::vector<std::string> header;
  std::vector<CsvRow> rows;
};

// The whole text; `file` is its name for messages. Empty lines are skipped. Errors: no header, a column given twice, a
// row with another number of cells, a quote that does not end.
Result<CsvTable> parse_csv(std::string_view text, const std::string& file);

// A cell as it is written: quoted where it must be.
std::string csv_cell(std::string_view text);

}  // namespace spanwise::core
