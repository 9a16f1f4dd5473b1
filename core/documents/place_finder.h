// SPDX-License-Identifier: Apache-2.0
// Byte offsets to lines and columns, by one rule for both grammars: lines end with '\n', columns count
// characters (code points, so a letter with an accent or a tab is one), both from 1.
#pragma once

#include <cstdint>
#include <string_view>

namespace spanwise::documents {

struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

// Walks from the last offset asked for to the next, so that asking in the order of the text is cheap.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view text) : text_(text) {}

  // Offsets beyond the text mean its end.
  LineColumn at(std::size_t offset);

 private:
  void walk_back(std::size_t offset);

  std::string_view text_;
  std::size_t offset_ = 0;
  LineColumn here_;
};

}  // namespace spanwise::documents
