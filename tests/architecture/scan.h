// SPDX-License-Identifier: Apache-2.0
// Finding includes and forbidden calls in C++ text. Both work on identifiers and lines, which is exact enough
// here: the text comes without comments (and for calls without literals), see blank.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spanwise::architecture {

struct Include {
  std::size_t line;  // from 1
  std::string header;
  bool quoted;  // "header" or <header>
};

std::vector<Include> find_includes(std::string_view text);

// A use of something that prints, or that ends the process.
struct ForbiddenUse {
  std::size_t line;  // from 1
  std::string name;
  std::string_view does;     // what is wrong, after "a library must not"
  std::string_view instead;  // what to do
};

std::vector<ForbiddenUse> find_forbidden_uses(std::string_view text);

}  // namespace spanwise::architecture
