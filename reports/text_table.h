// SPDX-License-Identifier: Apache-2.0
// A table in plain text that gives way when the terminal is narrow.
#pragma once

#include <string>
#include <vector>

namespace spanwise::reports {

struct TextColumn {
  std::string header;
  std::string short_header = {};  // used when the table does not fit; empty: the same
  bool numeric = true;            // right-aligned
  int drop_rank = 0;              // the highest rank is dropped first; 0: never
  bool sentence = false;          // the last column only: takes the room that is left and goes on in further lines
};

// Lines of at most `width` columns, the header first. Each row has one ASCII cell a column. To fit, in this
// order: a last column of sentences that is wrapped, narrower gaps, short headers, a first column that is wrapped, and
// fewer columns. Names in the first column are always whole.
std::vector<std::string> render_table(const std::vector<TextColumn>& columns,
                                      const std::vector<std::vector<std::string>>& rows, std::size_t width);

}  // namespace spanwise::reports
