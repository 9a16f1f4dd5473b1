// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "cli/commands.h"
#include "cli/console.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "patterns/count_lines.h"
#include "patterns/tile_picture.h"

namespace spanwise::cli {
namespace {

constexpr std::size_t kBlock = 1 << 16;

// The case of a line at the resolution of its tiles.
core::Status draw_case(const std::string& line, const std::string& path) {
  const auto request = patterns::parse_count_request(line);
  if (!request) return request.error();
  const auto picture = patterns::tile_picture(request->pattern, request->tokens, patterns::volume(request->q_tile),
                                              patterns::volume(request->kv_tile));
  if (!picture) return picture.error();
  if (path == "-") {
    print_result(patterns::picture_text(*picture));
    return core::Done{};
  }
  if (path.ends_with(".svg")) return core::write_file_atomically(path, patterns::picture_svg(*picture));
  if (path.ends_with(".png")) return core::write_file_atomically(path, patterns::picture_png(*picture));
  return core::fail(core::Fault::kInput, "--picture cannot be '" + path + "'", "allowed: FILE.svg, FILE.png, - for the terminal");
}

}  // namespace

core::Result<int> run_count(const std::string& cases, const std::string& picture) {
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
    if (!picture.empty()) {
      if (const auto drawn = draw_case(line, picture); !drawn) return drawn.error();
      return 0;
    }
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
