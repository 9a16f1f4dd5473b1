// SPDX-License-Identifier: Apache-2.0
// Long lines of items in which all but the ends repeats.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/int128.h"
#include "patterns/axis_rule.h"

namespace spanwise::patterns {

// Items before `begin` and from `end` on stand for themselves; between them are `times` periods.
struct Periods {
  std::int64_t begin = 0, end = 0;
  std::int64_t period = 1, times = 0;
};

// What is left of whole periods comes before them, where rows are shorter. Without three periods all items come before.
inline Periods periods_in(Interval items, Interval inner, std::int64_t period) {
  inner = {std::max(items.begin, inner.begin), std::min(items.end, inner.end)};
  const std::int64_t times = inner.size() / period;
  if (times < 3) return {items.end, items.end, period, 0};
  return {inner.end - times * period, inner.end, period, times};
}

// The least common multiple, or the largest Count when it does not fit.
core::Count common_multiple(core::Count a, core::Count b);

}  // namespace spanwise::patterns
