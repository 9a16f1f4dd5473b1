// SPDX-License-Identifier: Apache-2.0
#include "brute_force_basics.h"

namespace spanwise::oracle {
namespace {

// NATTEN's test for one axis of `length` tokens, as the research notes restate it.
bool natten_axis_test(std::int64_t length, std::int64_t window, std::int64_t stride, std::int64_t q_tile,
                      std::int64_t kv_tile) {
  if (length == window) return true;
  if (stride % q_tile != 0 || window % kv_tile != 0) return false;
  const std::int64_t groups = blocks_needed(length, stride);
  const bool end_aligned =
      length % stride == 0 ||
      class_window(length, window, stride, false, (groups - 1) * stride).begin % kv_tile == 0;
  if (!end_aligned) return false;
  const bool start_aligned = (window / 2 - stride / 2) % kv_tile == 0;
  const bool two_clamped = length % kv_tile == 0 && groups == 2 && stride + stride / 2 >= length - window;
  return start_aligned || two_clamped;
}

}  // namespace

bool natten_test(const patterns::CountRequest& request, const patterns::Neighborhood& rule) {
  for (std::size_t axis = 0; axis < request.tokens.size(); ++axis) {
    if (rule.causal[axis]) return false;
    for (std::int64_t residue = 0; residue < rule.dilation[axis]; ++residue) {
      const std::int64_t length = class_length(request.tokens[axis], rule.dilation[axis], residue);
      if (!natten_axis_test(length, rule.window[axis], rule.stride[axis], request.q_tile[axis],
                            request.kv_tile[axis])) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace spanwise::oracle
