// SPDX-License-Identifier: Apache-2.0
#include "patterns/interval_rule.h"

#include <algorithm>

#include "core/int128.h"

namespace spanwise::patterns {

bool Spans::contains(std::int64_t key) const {
  return std::any_of(begin(), end(), [key](Interval span) { return key >= span.begin && key < span.end; });
}

std::int64_t Spans::size() const {
  std::int64_t total = 0;
  for (const Interval span : *this) total += span.size();
  return total;
}

IntervalRule::Bounds IntervalRule::bounds(std::int64_t position) const {
  if (everywhere) return {0, {0, axis.length}};
  const Interval window = axis.keys_of(position);
  const std::int64_t visible_end = axis.causal ? window.end : (position < 0 ? 0 : axis.length);
  return {std::min(sinks, visible_end), window};
}

// Windows move monotonically and leave no key between them, so their union runs from the first query's begin
// to the last query's end. A key that the first query does not see as a sink, no query of the tile sees as
// one: either it is none, or it lies after the first query. So what all see are the sinks and the windows,
// each intersected apart.
TileSpans IntervalRule::spans(std::int64_t first, std::int64_t last) const {
  const Bounds low = bounds(first), high = bounds(last);
  TileSpans spans;
  spans.any.add({0, high.sink_end});
  spans.any.add({low.window.begin, high.window.end});
  spans.all.add({0, low.sink_end});
  spans.all.add({high.window.begin, low.window.end});
  return spans;
}

TileSpans spans_of_tile(const IntervalRule& rule, const KeyLine& keys, std::int64_t first,
                        std::int64_t grid_queries, Interval tile) {
  const std::int64_t grid_end = std::min(tile.end, grid_queries);
  TileSpans spans;
  if (tile.begin < grid_end) {
    spans = rule.spans(first + tile.begin, first + grid_end - 1);
    spans.any.add({keys.grid_keys, keys.keys()});
    spans.all.add({keys.grid_keys, keys.keys()});
  }
  if (grid_end < tile.end) {
    spans.any = {};
    spans.any.add({0, keys.keys()});
    if (grid_end <= tile.begin) spans.all = spans.any;
  }
  return spans;
}

std::optional<IntervalRule> interval_rule(const Pattern& pattern, const Lengths& tokens) {
  const std::int64_t length = volume(tokens);
  if (const auto* dense = std::get_if<Dense>(&pattern)) {
    return IntervalRule{{length, length, 1, dense->causal}, 0, !dense->causal};
  }
  if (const auto* window = std::get_if<SlidingWindow>(&pattern)) {
    // The last block may be cut, but its window begins where that of a whole one does.
    const std::int64_t blocks = core::ceil_div(length, window->block) * window->block;
    return IntervalRule{{blocks, std::min(window->window, blocks), window->block, window->causal}, window->sinks, false};
  }
  if (const auto* neighborhood = std::get_if<Neighborhood>(&pattern)) {
    if (tokens.size() != 1 || neighborhood->dilation[0] != 1) return std::nullopt;
    return IntervalRule{
        {length, neighborhood->window[0], neighborhood->stride[0], neighborhood->causal[0]}, 0, false};
  }
  return std::nullopt;
}

}  // namespace spanwise::patterns
