// SPDX-License-Identifier: Apache-2.0
// Visible pairs along one axis in closed form.
#pragma once

#include <cstdint>

#include "core/int128.h"
#include "patterns/interval_rule.h"

namespace spanwise::patterns {

// Pairs of the queries at `positions`, none behind the axis, with the keys of the axis. Positions before the
// axis see nothing unless the rule holds everywhere. Sinks need a stride of 1.
core::Count visible_pairs(const IntervalRule& rule, Interval positions);

}  // namespace spanwise::patterns
