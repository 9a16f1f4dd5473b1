// SPDX-License-Identifier: Apache-2.0
#include "patterns/pair_count.h"

#include <algorithm>

namespace spanwise::patterns {
namespace {

__extension__ typedef __int128 Wide;

// x + (x + step) + ... of `count` terms.
Wide progression(Wide x, Wide step, Wide count) {
  return count * x + step * (count * (count - 1) / 2);
}

// The sum of clamp(step * i + offset, low, high) over i in [begin, end); low <= high, 0 < step.
Wide clamped_sum(Wide step, Wide offset, Wide low, Wide high, Wide begin, Wide end) {
  if (end <= begin) return 0;
  const auto floor_div = [](Wide a, Wide b) { return a >= 0 ? a / b : -((b - 1 - a) / b); };
  // Terms before `rise` are at `low`, those from `top` on at `high`.
  const Wide rise = std::clamp(floor_div(low - offset, step) + 1, begin, end);
  const Wide top = std::clamp(floor_div(high - offset, step) + 1, rise, end);
  return low * (rise - begin) + progression(step * rise + offset, step, top - rise) + high * (end - top);
}

// The sum over positions of the first key that a causal window shows.
Wide sum_of_begins(const AxisWindow& axis, Interval positions) {
  const std::int64_t first_group = positions.begin / axis.stride;
  const std::int64_t last_group = (positions.end - 1) / axis.stride;
  const Wide low = axis.keys_of(positions.begin).begin, high = axis.keys_of(positions.end - 1).begin;
  if (first_group == last_group) return low * positions.size();
  return low * ((first_group + 1) * axis.stride - positions.begin) +
         high * (positions.end - last_group * axis.stride) +
         axis.stride * clamped_sum(axis.stride, axis.stride - axis.window, 0, axis.length - axis.window,
                                   first_group + 1, last_group);
}

}  // namespace

core::Count visible_pairs(const IntervalRule& rule, Interval positions) {
  AxisWindow axis = rule.axis;
  if (rule.everywhere)
    return static_cast<core::Count>(positions.size()) * static_cast<core::Count>(axis.length);
  positions.begin = std::max<std::int64_t>(positions.begin, 0);
  if (positions.empty()) return 0;
  if (axis.causal) {
    // The window and the sinks of a query that sees a gap between them add up; without a gap it sees all keys
    // up to itself. A window longer by the sinks counts the same.
    axis.window = std::min(axis.window + rule.sinks, axis.length);
    const Wide ends = clamped_sum(1, 1, 0, axis.length, positions.begin, positions.end);
    return static_cast<core::Count>(ends - sum_of_begins(axis, positions));
  }
  if (rule.sinks == 0)
    return static_cast<core::Count>(positions.size()) * static_cast<core::Count>(axis.window);
  // A window that ends at e shows clamp(e, sinks, sinks + window) keys with the sinks: the sinks alone while
  // it lies within them, everything up to e while they touch, both when they do not. And e = clamp(p + right,
  // window, length).
  const Wide low = std::min(rule.sinks, axis.length);
  const Wide high = low + axis.window;
  return static_cast<core::Count>(
      clamped_sum(1, axis.window - axis.window / 2, std::clamp<Wide>(axis.window, low, high),
                  std::clamp<Wide>(axis.length, low, high), positions.begin, positions.end));
}

}  // namespace spanwise::patterns
