// SPDX-License-Identifier: Apache-2.0
// The rules every source file keeps: which room may include which, where a library may be used, who may
// print. A rule looks at one file's path and text alone, so that the tests can also show it files that break
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spanwise::architecture {

// One file; `path` is relative to the root of the checkout, with forward slashes.
struct Source {
  std::string path;
  std::string text;
  bool has_own_header = false;  // a .cc beside a header of the same name
};

// The rooms, `documents` (the folder core/documents) among them.
const std::vector<std::string>& rooms();

// The room a path belongs to; empty for tests and everything else.
std::string room_of(std::string_view path);

// What breaks a rule in the file, as "path:line: what and what is allowed", by line within each rule.
std::vector<std::string> check_source(const Source& source);

// "path:line: …" for each place that names a folder of somebody's machine, such as a home folder.
std::vector<std::string> find_machine_paths(std::string_view path, std::string_view text);

}  // namespace spanwise::architecture
