// SPDX-License-Identifier: Apache-2.0
#include "patterns/natten_test.h"

#include "core/int128.h"
#include "patterns/axis_rule.h"

namespace spanwise::patterns {
namespace {

bool axis_passes(const AxisWindow& axis, std::int64_t q_tile, std::int64_t kv_tile) {
  if (axis.length == axis.window) return true;
  if (axis.stride % q_tile != 0 || axis.window % kv_tile != 0) return false;
  const std::int64_t groups = core::ceil_div(axis.length, axis.stride);
  const std::int64_t last_begin = axis.keys_of((groups - 1) * axis.stride).begin;
  if (axis.length % axis.stride != 0 && last_begin % kv_tile != 0) return false;
  if ((axis.window / 2 - axis.stride / 2) % kv_tile == 0) return true;
  return axis.length % kv_tile == 0 && groups == 2 &&
         axis.stride + axis.stride / 2 >= axis.length - axis.window;
}

}  // namespace

bool natten_skips_mask(const Neighborhood& pattern, const Lengths& tokens, const Lengths& q_tile,
                       const Lengths& kv_tile) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (pattern.causal[i]) return false;
    const AxisRule axis{tokens[i], pattern.window[i], pattern.stride[i], pattern.dilation[i], false};
    // The first class is the longest, the last one the shortest, by one token or none.
    if (!axis_passes(axis.class_of(0), q_tile[i], kv_tile[i])) return false;
    if (axis.dilation > 1 && !axis_passes(axis.class_of(axis.dilation - 1), q_tile[i], kv_tile[i])) return false;
  }
  return true;
}

}  // namespace spanwise::patterns
