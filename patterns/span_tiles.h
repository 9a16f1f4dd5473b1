// SPDX-License-Identifier: Apache-2.0
// KV tiles, anchored at 0, of the keys in spans.
#pragma once

#include <cstdint>

#include "patterns/interval_rule.h"

namespace spanwise::patterns {

// Tiles that touch one of the spans.
std::int64_t tiles_touched(const Spans& spans, std::int64_t tile);

// Tiles that lie within one of the spans; the last tile of the line is cut where its `keys` end.
std::int64_t tiles_within(const Spans& spans, std::int64_t tile, std::int64_t keys);

}  // namespace spanwise::patterns
