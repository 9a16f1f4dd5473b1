// SPDX-License-Identifier: Apache-2.0
#include "brute_force_basics.h"

namespace spanwise::oracle {

using patterns::CountRequest;
using patterns::Lengths;

std::int64_t product(const Lengths& lengths) {
  std::int64_t all = 1;
  for (const auto length : lengths) all *= length;
  return all;
}

std::int64_t blocks_needed(std::int64_t items, std::int64_t block) {
  std::int64_t blocks = 0;
  while (blocks * block < items) ++blocks;
  return blocks;
}

Lengths coordinates(std::int64_t flat, const Lengths& shape) {
  Lengths result(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; flat /= shape[axis]) result[axis] = flat % shape[axis];
  return result;
}

std::int64_t flat_index(const Lengths& coordinates, const Lengths& shape) {
  std::int64_t flat = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) flat = flat * shape[axis] + coordinates[axis];
  return flat;
}

std::int64_t class_length(std::int64_t length, std::int64_t dilation, std::int64_t residue) {
  std::int64_t members = 0;
  for (std::int64_t i = 0; i < length; ++i) members += i % dilation == residue ? 1 : 0;
  return members;
}

Window class_window(std::int64_t length, std::int64_t window, std::int64_t stride, bool causal,
                    std::int64_t p) {
  const std::int64_t group = p / stride;
  std::int64_t leader = causal ? group * stride + stride - 1 : group * stride + stride / 2;
  while (leader > length - 1) --leader;
  if (causal) {
    std::int64_t begin = leader - window + 1;
    while (begin < 0) ++begin;
    std::int64_t end = p + 1;
    while (end > length) --end;
    return {begin, end};
  }
  std::int64_t begin = leader - window / 2;
  while (begin < 0) ++begin;
  while (begin + window > length) --begin;
  return {begin, begin + window};
}

Lengths query_box(const CountRequest& request) {
  return request.q_tokens.empty() ? request.tokens : request.q_tokens;
}

Lengths query_offset(const CountRequest& request) {
  if (!request.q_offset.empty()) return request.q_offset;
  Lengths offset = request.tokens;
  for (std::size_t axis = 0; axis < offset.size(); ++axis) offset[axis] -= query_box(request)[axis];
  return offset;
}

}  // namespace spanwise::oracle
