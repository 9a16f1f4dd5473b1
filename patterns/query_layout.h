// SPDX-License-Identifier: Apache-2.0
// Which tokens of the grid the queries are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "patterns/case.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

// The grid queries are consecutive tokens, in row-major order, of a box in the grid of keys; extra queries
// follow.
struct QueryLayout {
  Lengths box;             // lengths of the box
  Lengths offset;          // its first token's coordinates in the grid
  std::int64_t first = 0;  // the first query's index in the box; negative: queries that lie before the layout
  std::int64_t grid_queries = 0;
  std::int64_t extra_queries = 0;

  std::int64_t queries() const { return grid_queries + extra_queries; }
};

// The queries of a Case are the last tokens of its layout (bottom-right alignment), extra tokens last.
inline QueryLayout query_layout(const Case& shape) {
  QueryLayout layout;
  layout.box = shape.grid();
  layout.offset.assign(layout.box.size(), 0);
  layout.extra_queries = std::min(shape.q_len, shape.extra_tokens());
  layout.grid_queries = shape.q_len - layout.extra_queries;
  layout.first = volume(layout.box) - layout.grid_queries;
  return layout;
}

}  // namespace spanwise::patterns
