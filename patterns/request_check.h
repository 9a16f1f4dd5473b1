// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.h"
#include "patterns/axis_rule.h"
#include "patterns/tile_count.h"

namespace spanwise::patterns {

// Everything that can be wrong with a request, before anything is counted.
core::Status check_request(const CountRequest& request);

// The box of queries and its first token, with their defaults filled in.
Lengths query_box(const CountRequest& request);
Lengths query_offset(const CountRequest& request);
// The place of the first query in the row-major order of the keys.
std::int64_t flat_offset(const CountRequest& request);
// One axis of them.
inline Interval queries_on_axis(const CountRequest& request, std::size_t axis) {
  const std::int64_t all = request.tokens[axis];
  const std::int64_t length = request.q_tokens.empty() ? all : request.q_tokens[axis];
  const std::int64_t begin = request.q_offset.empty() ? all - length : request.q_offset[axis];
  return {begin, begin + length};
}

}  // namespace spanwise::patterns
