// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_boxes.h"

#include "patterns/grid_runs.h"
#include "patterns/key_boxes.h"
#include "patterns/request_check.h"
#include "patterns/tile_walk.h"

namespace spanwise::patterns {
namespace {

class BoxCounter {
 public:
  BoxCounter(const CountRequest& request, const KeySource& source)
      : request_(request),
        source_(source),
        box_(query_box(request)),
        offset_(query_offset(request)),
        kv_boxes_(request.tokens, request.kv_tile) {
    for (std::size_t axis = 0; axis < box_.size(); ++axis) tiles_.push_back(core::ceil_div(box_[axis], request.q_tile[axis]));
  }

  TileGroups line() const;
  double steps_a_tile() const;
  TilesSeen look(std::int64_t tile);

 private:
  IntervalSet queries_of(std::int64_t tile) const;
  // Replaces keys_ by what the runs of queries see together and in common.
  void look_at(const IntervalSet& runs);

  const CountRequest& request_;
  const KeySource& source_;
  Lengths box_, offset_, tiles_;
  KeyBoxes kv_boxes_;
  TileKeys keys_, run_keys_;
};

// A group is a slab of boxes; without whole planes of queries the last one, so that nothing repeats.
TileGroups BoxCounter::line() const {
  const std::int64_t slab = tiles_[0] == 0 ? 0 : volume(tiles_) / tiles_[0];
  TileGroups line{tiles_[0], slab};
  const std::int64_t plane = stride_of(request_.tokens, 0);
  line.rows = plane * request_.q_tile[0];
  line.keys = plane * request_.tokens[0];
  line.kv_step = plane * request_.kv_tile[0];
  line.first = offset_[0] * plane;
  for (std::size_t axis = 1; axis < box_.size(); ++axis) {
    if (box_[axis] != request_.tokens[axis]) return line;
  }
  line.queries = box_[0] * plane;
  return line;
}

double BoxCounter::steps_a_tile() const {
  double runs = 1;
  for (std::size_t axis = 0; axis + 1 < box_.size(); ++axis) {
    runs *= static_cast<double>(std::min(request_.q_tile[axis], box_[axis]));
  }
  const std::int64_t run = std::min(request_.q_tile.back(), box_.back());
  return runs * (source_.tile_steps(run) + 30) + 3 * source_.intervals_per_row();
}

IntervalSet BoxCounter::queries_of(std::int64_t tile) const {
  GridBox queries;
  for (std::size_t axis = box_.size(); axis-- > 0; tile /= tiles_[axis]) {
    const std::int64_t begin = tile % tiles_[axis] * request_.q_tile[axis];
    queries[axis] = {offset_[axis] + begin, offset_[axis] + std::min(begin + request_.q_tile[axis], box_[axis])};
  }
  return runs_of(request_.tokens, queries);
}

void BoxCounter::look_at(const IntervalSet& runs) {
  bool first = true;
  for (const Interval run : runs) {
    source_.look(run, first ? keys_ : run_keys_);
    if (!first) {
      keys_.any = unite(keys_.any, run_keys_.any);
      keys_.all = intersect(keys_.all, run_keys_.all);
    }
    first = false;
  }
  if (source_.exact_all()) return;
  keys_.all = keys_.any;
  for (const Interval run : runs) keys_.all = source_.seen_by_all(run, std::move(keys_.all));
}

TilesSeen BoxCounter::look(std::int64_t tile) {
  look_at(queries_of(tile));
  if (request_.tiling != Tiling::kDynamic) return {kv_boxes_.touched(keys_.any), kv_boxes_.filled(keys_.all)};
  TilesSeen seen{1, 0};
  const auto needed = kv_boxes_.coordinates(keys_.any);
  for (std::size_t axis = 0; axis < box_.size(); ++axis) {
    std::int64_t tiles = 0;
    for (const Interval run : needed[axis]) tiles += core::ceil_div(run.size(), request_.kv_tile[axis]);
    seen.visited *= tiles;
  }
  return seen;
}

}  // namespace

core::Status count_source_boxes(const CountRequest& request, const KeySource& source, AxisCounts& counts) {
  BoxCounter counter(request, source);
  const TileGroups line = counter.line();
  const Periods walk = tile_periods(source, line);
  if (auto fine = check_walk(source, line, walk, counter.steps_a_tile(), counts.keep_rows); !fine) return fine;
  walk_tiles(line, walk, counts, [&](std::int64_t tile) { return counter.look(tile); });
  return core::Done{};
}

}  // namespace spanwise::patterns
