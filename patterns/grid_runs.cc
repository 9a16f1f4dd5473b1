// SPDX-License-Identifier: Apache-2.0
#include "patterns/grid_runs.h"

namespace spanwise::patterns {

std::int64_t stride_of(const Lengths& grid, std::size_t axis) {
  std::int64_t step = 1;
  for (std::size_t inner = axis + 1; inner < grid.size(); ++inner) step *= grid[inner];
  return step;
}

IntervalSet product_of(const Lengths& grid, const std::array<IntervalSet, 3>& axes) {
  std::size_t axis = grid.size() - 1;
  IntervalSet places = axes[axis];
  for (std::int64_t step = grid[axis]; axis-- > 0; step *= grid[axis]) {
    const bool whole = places == IntervalSet{{0, step}};
    IntervalSet outer;
    if (!whole) outer.reserve(places.size() * static_cast<std::size_t>(size(axes[axis])));
    for (const Interval at : axes[axis]) {
      if (whole) append(outer, {at.begin * step, at.end * step});
      for (std::int64_t i = at.begin; !whole && i < at.end; ++i) {
        for (const Interval run : places) append(outer, {i * step + run.begin, i * step + run.end});
      }
    }
    places = std::move(outer);
  }
  return places;
}

IntervalSet runs_of(const Lengths& grid, const GridBox& box) {
  std::array<IntervalSet, 3> axes;
  for (std::size_t axis = 0; axis < grid.size(); ++axis) axes[axis] = {box[axis]};
  return product_of(grid, axes);
}

}  // namespace spanwise::patterns
