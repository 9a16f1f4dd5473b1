// SPDX-License-Identifier: Apache-2.0
// JSON Schemas of Spanwise's files (configs/schema, draft-07) as tables that people read.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace spanwise::cli {

// One Markdown section: a heading, what the file describes, and a table of keys for the whole and for every part.
// `schema` is the text of a schema file of this project.
core::Result<std::string> schema_keys(const std::string& schema);

// The kinds of file that have a schema, in the order of docs/keys.md.
const std::vector<std::string>& schema_kinds();

// Tables of the parameters of every pattern kind, which stand inside files of many kinds.
std::string pattern_keys();

}  // namespace spanwise::cli
