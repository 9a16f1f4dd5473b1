// SPDX-License-Identifier: Apache-2.0
#include "patterns/key_boxes.h"

#include <algorithm>

#include "patterns/grid_runs.h"
#include "patterns/span_tiles.h"

namespace spanwise::patterns {
namespace {

// Any order, with overlaps; the vector is used up.
IntervalSet merged(std::vector<Interval> pieces) {
  std::sort(pieces.begin(), pieces.end(), [](Interval a, Interval b) { return a.begin < b.begin; });
  IntervalSet set;
  for (const Interval piece : pieces) append(set, piece);
  return set;
}

// Adds the places of `run` inside their planes of `step` places. Whether they hold a whole plane.
bool add_pieces(Interval run, std::int64_t step, std::vector<Interval>& pieces) {
  const std::int64_t first = run.begin / step, last = (run.end - 1) / step;
  const Interval inside{run.begin - first * step, run.end - last * step};
  if (last - first > 1 || inside.begin == 0 || inside.end == step) {
    if (last > first || inside.size() == step) return true;
  }
  if (first == last) {
    pieces.push_back(inside);
  } else {
    pieces.push_back({inside.begin, step});
    pieces.push_back({0, inside.end});
  }
  return false;
}

}  // namespace

KeyBoxes::KeyBoxes(Lengths grid, Lengths tile) : grid_(std::move(grid)), tile_(std::move(tile)) {
  std::int64_t boxes = 1;
  for (std::size_t axis = grid_.size(); axis-- > 0;) {
    boxes_from_[axis] = boxes *= core::ceil_div(grid_[axis], tile_[axis]);
    step_[axis] = stride_of(grid_, axis);
  }
}

// A box that is not filled holds one of the other places.
std::int64_t KeyBoxes::filled(const IntervalSet& places) const {
  if (places.empty()) return 0;
  return all() - touched(subtract({{0, grid_[0] * step_[0]}}, places));
}

// Slab by slab of the axis: one that holds a whole plane touches all boxes in it, another one those that the places of
// all of its planes touch together.
std::int64_t KeyBoxes::touched(const IntervalSet& places, std::size_t axis) const {
  if (axis + 1 == grid_.size()) return tiles_touched(places, tile_[axis]);
  const std::int64_t slab = step_[axis] * tile_[axis], in_slab = boxes_from_[axis + 1];
  std::int64_t sum = 0, next = 0;
  std::vector<Interval> pieces;
  for (auto at = places.begin(); at != places.end();) {
    const std::int64_t index = std::max(next, at->begin / slab);
    const Interval here{index * slab, (index + 1) * slab};
    if (at->begin <= here.begin && at->end >= here.end) {
      next = at->end / slab;
      sum += (next - index) * in_slab;
    } else {
      pieces.clear();
      bool whole = false;
      for (auto i = at; i != places.end() && i->begin < here.end && !whole; ++i) {
        whole = add_pieces({std::max(i->begin, here.begin), std::min(i->end, here.end)}, step_[axis], pieces);
      }
      sum += whole ? in_slab : touched(merged(pieces), axis + 1);
      next = index + 1;
    }
    while (at != places.end() && at->end <= next * slab) ++at;
  }
  return sum;
}

std::array<IntervalSet, 3> KeyBoxes::coordinates(IntervalSet places) const {
  std::array<IntervalSet, 3> axes;
  for (std::size_t axis = 0; axis + 1 < grid_.size(); ++axis) {
    std::vector<Interval> pieces;
    bool whole = false;
    for (const Interval run : places) {
      append(axes[axis], {run.begin / step_[axis], (run.end - 1) / step_[axis] + 1});
      whole = whole || add_pieces(run, step_[axis], pieces);
    }
    places = whole ? IntervalSet{{0, step_[axis]}} : merged(std::move(pieces));
  }
  axes[grid_.size() - 1] = std::move(places);
  return axes;
}

}  // namespace spanwise::patterns
