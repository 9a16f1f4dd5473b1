// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_grid.h"

namespace spanwise::patterns {

double GridSource::intervals_per_row() const {
  double rows = 1;
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    if (axis + 1 < axes_.size() || axes_[axis].dilation > 1) rows *= static_cast<double>(axes_[axis].window);
  }
  return rows;
}

void GridSource::look(Interval queries, TileKeys& keys) const {
  keys.any = keys.all = keys_of(queries.begin);
  for (std::int64_t query = queries.begin + 1; query < queries.end; ++query) {
    const IntervalSet row = keys_of(query);
    keys.any = unite(keys.any, row);
    keys.all = intersect(keys.all, row);
  }
}

IntervalSet GridSource::keys_of(std::int64_t position) const {
  std::vector<AxisKeys> keys(axes_.size());
  for (std::size_t axis = axes_.size(); axis-- > 0; position /= axes_[axis].length) {
    keys[axis] = axes_[axis].keys_of(position % axes_[axis].length);
  }
  IntervalSet set;
  add_rows(keys, 0, 0, set);
  return set;
}

void GridSource::add_rows(const std::vector<AxisKeys>& keys, std::size_t axis, std::int64_t base, IntervalSet& set) const {
  const AxisKeys& own = keys[axis];
  const std::int64_t first = base * axes_[axis].length;
  if (axis + 1 == axes_.size() && own.step == 1) return append(set, {first + own.begin, first + own.end});
  for (std::int64_t key = own.begin; key < own.end; key += own.step) {
    if (axis + 1 == axes_.size()) {
      append(set, {first + key, first + key + 1});
    } else {
      add_rows(keys, axis + 1, first + key, set);
    }
  }
}

}  // namespace spanwise::patterns
