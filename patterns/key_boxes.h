// SPDX-License-Identifier: Apache-2.0
// KV tiles that are boxes of a grid, anchored at 0, asked about sets of places in its row-major order. The cost follows
// the intervals of the set and not the tiles.
#pragma once

#include <array>
#include <cstdint>

#include "patterns/interval_set.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {

class KeyBoxes {
 public:
  KeyBoxes(Lengths grid, Lengths tile);

  std::int64_t all() const { return boxes_from_[0]; }
  // Boxes that hold a place of the set, and those of which it holds every place.
  std::int64_t touched(const IntervalSet& places) const { return touched(places, 0); }
  std::int64_t filled(const IntervalSet& places) const;
  // The coordinates of the places on each axis.
  std::array<IntervalSet, 3> coordinates(IntervalSet places) const;

 private:
  std::int64_t touched(const IntervalSet& places, std::size_t axis) const;

  Lengths grid_, tile_;
  std::array<std::int64_t, 3> step_{};        // places that one step along the axis skips
  std::array<std::int64_t, 3> boxes_from_{};  // boxes of the grid of the axis and those behind it
};

}  // namespace spanwise::patterns
