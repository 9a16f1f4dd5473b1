// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/interrupt.h"
#include "patterns/count_lines.h"

namespace spanwise::cli {
namespace {

constexpr std::size_t kBlock = 1 << 16;

}  // namespace

core::Result<int> run_count(const std::string& cases) {
  std::ifstream file;
  if (cases != "-") {
    file.open(cases);
    if (!file) return core::fail_in(core::Fault::kInput, cases, "cannot read the file", "use - for standard input");
  }
  std::istream& in = cases == "-" ? std::cin : file;
  std::string line, out;
  bool all_good = true;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto counted = patterns::count_line(line);
    all_good = all_good && counted.ok;
    out += counted.json;
    out += '\n';
    if (out.size() < kBlock) continue;
    if (!print_result(out)) return core::fail(core::Fault::kEnvironment, "cannot write to standard output");
    out.clear();
    if (core::interrupted()) return core::fail(core::Fault::kInterrupted, "interrupted");
  }
  if (!print_result(out)) return core::fail(core::Fault::kEnvironment, "cannot write to standard output");
  return all_good ? 0 : 2;
}

}  // namespace spanwise::cli
