// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_grid.h"

#include <algorithm>

#include "patterns/dilation_classes.h"
#include "patterns/pair_count.h"

namespace spanwise::patterns {
namespace {

Lengths grid_of(const std::vector<AxisRule>& axes) {
  Lengths grid;
  for (const AxisRule& axis : axes) grid.push_back(axis.length);
  return grid;
}

// What the queries at these coordinates see on the axis, together and in common. Windows move with the query and leave no
// key between them, so that the first and the last query of a dilation class tell.
void look_at_axis(const AxisRule& axis, Interval queries, IntervalSet& any, IntervalSet& all) {
  if (axis.dilation == 1) {
    const AxisWindow window = axis.class_of(0);
    const Interval first = window.keys_of(queries.begin), last = window.keys_of(queries.end - 1);
    any.assign(1, {first.begin, last.end});
    all.clear();
    append(all, {last.begin, first.end});
    return;
  }
  const std::int64_t classes = std::min(queries.size(), axis.dilation);
  std::vector<std::int64_t> seen;
  for (std::int64_t query = queries.begin; query < queries.begin + classes; ++query) {
    const std::int64_t residue = query % axis.dilation;
    const AxisWindow window = axis.class_of(residue);
    const Interval first = window.keys_of(query / axis.dilation);
    const Interval last = window.keys_of((queries.end - 1 - residue) / axis.dilation);
    for (std::int64_t key = first.begin; key < last.end; ++key) seen.push_back(key * axis.dilation + residue);
    if (query > queries.begin) continue;
    all.clear();
    // Queries of two classes have no key in common.
    for (std::int64_t key = last.begin; key < first.end && classes == 1; ++key) {
      append(all, {key * axis.dilation + residue, key * axis.dilation + residue + 1});
    }
  }
  any = set_of(std::move(seen));
}

}  // namespace

GridSource::GridSource(std::vector<AxisRule> axes)
    : axes_(std::move(axes)), grid_(grid_of(axes_)), box_(grid_), offset_(grid_.size(), 0) {}

GridSource::GridSource(std::vector<AxisRule> axes, Lengths box, Lengths offset)
    : axes_(std::move(axes)), grid_(grid_of(axes_)), box_(std::move(box)), offset_(std::move(offset)) {}

void GridSource::look(Interval queries, TileKeys& keys) const {
  keys.any.clear();
  std::array<IntervalSet, 3> any, all, common;
  bool first = true;
  each_box(box_, queries, [&](const GridBox& box) {
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      look_at_axis(axes_[axis], {box[axis].begin + offset_[axis], box[axis].end + offset_[axis]}, any[axis], all[axis]);
      common[axis] = first ? all[axis] : intersect(common[axis], all[axis]);
    }
    const IntervalSet seen = product_of(grid_, any);
    keys.any = first ? seen : unite(keys.any, seen);
    first = false;
  });
  keys.all = product_of(grid_, common);
}

// Along the slowest axis, away from its ends, where the box takes in whole planes.
std::optional<Repeat> GridSource::repeat() const {
  for (std::size_t axis = 1; axis < grid_.size(); ++axis) {
    if (box_[axis] != grid_[axis]) return std::nullopt;
  }
  const AxisRule& axis = axes_.front();
  const std::int64_t plane = stride_of(grid_, 0), group = axis.stride * axis.dilation;
  const std::int64_t margin = axis.window * axis.dilation + group;
  return Repeat{group * plane, {(margin - offset_[0]) * plane, (axis.length - margin - offset_[0]) * plane}};
}

double GridSource::intervals_per_row() const {
  double rows = 1;
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    if (axis + 1 < axes_.size() || axes_[axis].dilation > 1) rows *= static_cast<double>(axes_[axis].window);
  }
  return rows;
}

double GridSource::tile_steps(std::int64_t queries) const {
  double rows = 1, span = static_cast<double>(queries);
  for (std::size_t axis = axes_.size(); axis-- > 0;) {
    const AxisRule& rule = axes_[axis];
    const auto length = static_cast<double>(rule.length);
    const double classes = std::min(static_cast<double>(rule.dilation), span);
    const double reach = std::min(static_cast<double>(rule.window + rule.stride) * classes + span, length);
    if (axis + 1 < axes_.size() || rule.dilation > 1) rows *= reach;
    span = std::min(span / static_cast<double>(box_[axis]) + 1, length);
  }
  return 2 * rows + 20;
}

core::Count GridSource::run_pairs(Interval queries) const {
  core::Count pairs = 0;
  each_box(box_, queries, [&](const GridBox& box) {
    core::Count product = 1;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      core::Count sum = 0;
      for (const ClassRun& run : class_runs(axes_[axis], {box[axis].begin + offset_[axis], box[axis].end + offset_[axis]})) {
        if (!run.positions.empty()) sum += run.times * visible_pairs({run.axis}, run.positions);
      }
      product *= sum;
    }
    pairs += product;
  });
  return pairs;
}

}  // namespace spanwise::patterns
