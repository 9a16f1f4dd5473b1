// SPDX-License-Identifier: Apache-2.0
// One axis of a pattern. A pattern over several axes is visible where every axis is, so counting and masking
// start from what one axis lets one query see.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "patterns/pattern.h"

namespace spanwise::patterns {

// The integers [begin, end).
struct Interval {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  bool empty() const { return end <= begin; }
  std::int64_t size() const { return empty() ? 0 : end - begin; }
  bool operator==(const Interval&) const = default;
};

// Generalized neighborhood attention inside one dilation class (arXiv 2504.16922, section 3): `length` tokens
// of which a group of `stride` neighbours shares the window of one leader. The window of a query never ends
// or begins before that of an earlier query, and neighbouring windows leave no key between them: tile counts
// rest on both.
struct AxisWindow {
  std::int64_t length = 1;
  std::int64_t window = 1;
  std::int64_t stride = 1;
  bool causal = false;

  // Keys of the query at `position`, which may lie in the padding behind the axis (the kernels' nominal tile
  // ends); a position before the axis sees nothing.
  Interval keys_of(std::int64_t position) const {
    return position < 0 ? Interval{} : keys_in_group(position, stride == 1 ? position : position / stride * stride);
  }
  // The same where the first position of the query's group is known.
  Interval keys_in_group(std::int64_t position, std::int64_t group_begin) const {
    if (causal) {
      const std::int64_t leader = std::min(group_begin + stride - 1, length - 1);
      return {std::max<std::int64_t>(leader - window + 1, 0), std::min(position + 1, length)};
    }
    const std::int64_t leader = std::min(group_begin + stride / 2, length - 1);
    const std::int64_t begin = std::max<std::int64_t>(std::min(leader - window / 2, length - window), 0);
    return {begin, begin + window};
  }
};

// The coordinates begin, begin + step, ... below end.
struct AxisKeys {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t step = 1;

  bool contains(std::int64_t coordinate) const {
    return coordinate >= begin && coordinate < end && (step == 1 || (coordinate - begin) % step == 0);
  }
};

// One axis of the layout with all its dilation classes: token i belongs to class i mod dilation.
struct AxisRule {
  std::int64_t length = 1;
  std::int64_t window = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  bool causal = false;

  AxisWindow class_of(std::int64_t residue) const;
  AxisKeys keys_of(std::int64_t coordinate) const;
};

// The axes of a neighborhood over `tokens`; they have the same number of axes.
std::vector<AxisRule> axis_rules(const Neighborhood& pattern, const Lengths& tokens);

// The axes of full attention over `tokens`.
std::vector<AxisRule> dense_axis_rules(const Lengths& tokens);

}  // namespace spanwise::patterns
