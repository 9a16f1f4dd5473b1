// SPDX-License-Identifier: Apache-2.0
// Tables of Cases: a CSV file whose columns are the fields of a Case (docs/formats.md, "Case"), in any order. An empty
// cell means that the field is absent; `pattern`, `params`, `q_lens` and `kv_lens` hold JSON. Other columns pass through.
#pragma once

#include <string>
#include <vector>

#include "core/csv.h"
#include "patterns/case.h"

namespace spanwise::measure {

// The case of each row, in order. A row that is not a case holds its errors, each at file:line.
std::vector<core::Result<patterns::Case>> cases_of(const core::CsvTable& table, const std::string& file);

// The column of a name; -1 when the table has none.
int column_of(const core::CsvTable& table, std::string_view name);

}  // namespace spanwise::measure
