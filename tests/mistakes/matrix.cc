// SPDX-License-Identifier: Apache-2.0
#include "tests/mistakes/matrix.h"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "tests/mistakes/mistake.h"
#include "tests/support/sample_files.h"

namespace spanwise::mistakes {
namespace {

const std::vector<std::string> kClasses = {"type",     "unit", "range", "contradiction", "missing",   "unknown",    "syntax",
                                           "encoding", "size", "depth", "truncated",     "unreadable", "closed pipe", "full disk", "no home"};

// Tests of one cell: file and number.
using Cell = std::map<std::string, int>;

std::string words(const Cell& cell) {
  if (cell.empty()) return "-";
  std::string text;
  for (const auto& [file, count] : cell) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", file, count);
  return text;
}

}  // namespace

std::vector<Trouble> read_troubles() {
  std::vector<Trouble> troubles;
  for (const auto* file : {"command_line.txt", "outside.txt"}) {
    std::istringstream lines(testing::read_text(testing::source_path(std::string("tests/mistakes/") + file)));
    for (std::string line; std::getline(lines, line);) {
      const auto rest = line.substr(std::min(line.size(), line.find(' ') + 1));
      if (line.starts_with('@')) {
        Trouble trouble;
        for (const auto& name : kClasses) {
          if (line.starts_with("@" + name + " ")) trouble = {name, line.substr(name.size() + 2), "", "", 0, ""};
        }
        troubles.push_back(trouble);
      } else if (line.starts_with("before ")) {
        troubles.back().before = rest;
      } else if (line.starts_with("run ")) {
        troubles.back().arguments = rest;
      } else if (line.starts_with("code ")) {
        troubles.back().code = std::stoi(rest);
      } else if (line.starts_with("says ")) {
        troubles.back().says = rest;
      }
    }
  }
  return troubles;
}

std::string matrix() {
  std::map<std::string, std::map<std::string, Cell>> cells;  // by class, then kind
  std::vector<std::string> kinds;
  for (const auto& kind : input_kinds()) {
    kinds.push_back(kind.name);
    for (const auto& mistake : read_mistakes(kind.name)) ++cells[mistake.error_class][kind.name][kind.name + ".txt"];
  }
  kinds.emplace_back("command line");
  for (const auto& trouble : read_troubles()) {
    const bool inside = trouble.code == 2 && trouble.kind == "command line";
    ++cells[trouble.error_class][trouble.kind][inside ? "command_line.txt" : "outside.txt"];
  }
  std::string table = "| input |", rule = "|---|";
  for (const auto& name : kClasses) {
    table += " " + name + " |";
    rule += "---|";
  }
  table += "\n" + rule + "\n";
  for (const auto& kind : kinds) {
    table += "| " + kind + " |";
    for (const auto& name : kClasses) table += " " + words(cells[name][kind]) + " |";
    table += "\n";
  }
  return table;
}

}  // namespace spanwise::mistakes
