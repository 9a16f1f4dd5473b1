// SPDX-License-Identifier: Apache-2.0
// What `show` and `--dry-run` know about a thing, before it is printed as text, Markdown or JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "reports/table.h"

namespace spanwise::cli {

struct Fact {
  std::string name;  // one or two words; the key in JSON, with '_' for spaces
  std::string text;
};

struct ShownTable {
  std::string name;  // key in JSON; the title in Markdown
  reports::Table table;
};

struct Shown {
  std::string kind;   // hardware, model, plan, ...
  std::string title;  // the first line: "llama-3.1-8b: 32 layers, ..."
  std::vector<Fact> facts = {};
  std::vector<ShownTable> tables = {};
  std::string picture = {};  // lines of ASCII; may be empty
  std::string content = {};  // the file itself as JSON; may be empty
};

std::string print_shown(const Shown& shown, const CommonOptions& common, int columns, bool color);

}  // namespace spanwise::cli
