// SPDX-License-Identifier: Apache-2.0
// Runs of the row-major order of a grid as boxes, and boxes as runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "patterns/interval_set.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

// An interval of coordinates an axis, as many as the grid has.
using GridBox = std::array<Interval, 3>;

// The places of the row-major order that one step along the axis skips.
std::int64_t stride_of(const Lengths& grid, std::size_t axis);

// Calls visit(box) for the boxes, at most 2 * axes - 1, whose tokens are the places `run`: part of a row or plane, whole
// ones, and part of another.
template <class Visit>
void each_box(const Lengths& grid, Interval run, Visit visit, std::size_t axis = 0, GridBox box = {}) {
  if (run.empty()) return;
  if (axis + 1 == grid.size()) {
    box[axis] = run;
    return visit(box);
  }
  const std::int64_t step = stride_of(grid, axis);
  const auto part_of = [&](std::int64_t at, Interval part) {
    box[axis] = {at, at + 1};
    each_box(grid, part, visit, axis + 1, box);
  };
  std::int64_t first = run.begin / step;
  const std::int64_t last = run.end / step, begin = run.begin % step, end = run.end % step;
  if (begin > 0) {
    part_of(first, {begin, first == last ? end : step});
    if (first++ == last) return;
  }
  if (first < last) {
    box[axis] = {first, last};
    for (std::size_t inner = axis + 1; inner < grid.size(); ++inner) box[inner] = {0, grid[inner]};
    visit(box);
  }
  part_of(last, {0, end});
}

// Coordinates on every axis, as places.
IntervalSet product_of(const Lengths& grid, const std::array<IntervalSet, 3>& axes);

// A box as places, in runs.
IntervalSet runs_of(const Lengths& grid, const GridBox& box);

}  // namespace spanwise::patterns
