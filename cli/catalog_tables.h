// SPDX-License-Identifier: Apache-2.0
// What `list` prints: every data file of a kind as one row of a table.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "hwmodels/catalog.h"
#include "reports/table.h"

namespace spanwise::cli {

struct Listing {
  reports::Table table;         // the first column is the name
  core::Diagnostics problems;   // of files that could not be read; the others are listed all the same
};

// `kind` is hardware, models, kernels, patterns or suites.
Listing list_of(const std::string& kind, const hwmodels::DataFolders& folders);

// The names alone, without reading the files.
std::vector<std::string> names_of(const std::string& kind, const hwmodels::DataFolders& folders);

// The kinds of things that `list` and `show` know.
struct DataKind {
  const char* plural;     // as `list` names it
  const char* singular;   // as `show` names it
  const char* subfolder;  // of a data folder; empty for patterns, which are code
};
const std::vector<DataKind>& data_kinds();

}  // namespace spanwise::cli
