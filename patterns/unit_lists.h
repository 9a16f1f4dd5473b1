// SPDX-License-Identifier: Apache-2.0
// Lists of blocks and tokens in documents and in files of their own.
//
// A list file is plain text: one line a row, units separated by spaces, a-b for the units a to b; '#' begins a comment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/documents/map_reader.h"
#include "patterns/pattern_types.h"

namespace spanwise::patterns {

// The rows of a list file as written, in any order of units.
core::Result<UnitRows> parse_unit_rows(std::string_view text, const std::string& file);

// The selection under the keys `list` (a list of lists) or `file`; nothing when neither is there. Units of a row must
// ascend.
std::optional<Selection> read_selection(documents::MapReader& map);

// A node that is a list of distinct units: ascending, or in any order.
std::vector<std::int64_t> read_units(const documents::Node& node, documents::Context& context, std::string_view what,
                                     bool ascending);

// All units of a list file, row after row.
std::vector<std::int64_t> read_unit_file(const documents::Node& path, documents::Context& context, std::string_view what,
                                         bool ascending);

}  // namespace spanwise::patterns
