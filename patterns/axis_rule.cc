// SPDX-License-Identifier: Apache-2.0
#include "patterns/axis_rule.h"

namespace spanwise::patterns {

AxisWindow AxisRule::class_of(std::int64_t residue) const {
  if (dilation == 1) return {length, window, stride, causal};
  return {length / dilation + (residue < length % dilation ? 1 : 0), window, stride, causal};
}

AxisKeys AxisRule::keys_of(std::int64_t coordinate) const {
  if (dilation == 1) {
    const Interval keys = AxisWindow{length, window, stride, causal}.keys_of(coordinate);
    return {keys.begin, keys.end, 1};
  }
  const std::int64_t residue = coordinate % dilation;
  const Interval keys = class_of(residue).keys_of(coordinate / dilation);
  return {residue + keys.begin * dilation, residue + (keys.end - 1) * dilation + 1, dilation};
}

std::vector<AxisRule> axis_rules(const Neighborhood& pattern, const Lengths& tokens) {
  std::vector<AxisRule> rules(tokens.size());
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    rules[axis] = {tokens[axis], pattern.window[axis], pattern.stride[axis], pattern.dilation[axis],
                   pattern.causal[axis]};
  }
  return rules;
}

std::vector<AxisRule> dense_axis_rules(const Lengths& tokens) {
  std::vector<AxisRule> rules(tokens.size());
  for (std::size_t axis = 0; axis < tokens.size(); ++axis) {
    rules[axis].length = rules[axis].window = tokens[axis];
  }
  return rules;
}

}  // namespace spanwise::patterns
