// SPDX-License-Identifier: Apache-2.0
#include "random_cases.h"

#include "random_kinds.h"

#include <algorithm>
#include <cstdlib>

namespace spanwise::oracle {
namespace {

using patterns::Case;
using patterns::CountRequest;
using patterns::Dense;
using patterns::Lengths;
using patterns::Neighborhood;
using patterns::Pattern;
using patterns::SlidingWindow;
using patterns::Tiling;
using patterns::TokenSubset;

// Windows in whole KV tiles and strides in whole query tiles, where block sparsity is found or missed.
void align(Dice& dice, CountRequest& request, Neighborhood& rule) {
  for (std::size_t axis = 0; axis < rule.window.size(); ++axis) {
    const std::int64_t kv_tile = dice.roll(1, std::min<std::int64_t>(4, rule.window[axis]));
    rule.window[axis] = rule.window[axis] / kv_tile * kv_tile;
    const std::int64_t q_tile = dice.roll(1, std::min<std::int64_t>(4, rule.window[axis]));
    rule.stride[axis] = dice.roll(1, rule.window[axis] / q_tile) * q_tile;
    rule.causal[axis] = false;
    request.kv_tile[axis] = kv_tile;
    request.q_tile[axis] = q_tile;
  }
}

// Few enough tokens that the oracle's mask stays below some ten thousand pairs.
Lengths random_grid(Dice& dice, std::size_t axes) {
  const std::int64_t longest[] = {150, 14, 8};
  Lengths grid;
  for (std::size_t axis = 0; axis < axes; ++axis) grid.push_back(dice.roll(2, longest[axes - 1]));
  return grid;
}

Lengths random_tile(Dice& dice, std::size_t axes) {
  const std::int64_t longest[] = {20, 6, 4};
  Lengths tile;
  for (std::size_t axis = 0; axis < axes; ++axis) tile.push_back(dice.roll(1, longest[axes - 1]));
  return tile;
}

Neighborhood random_neighborhood(Dice& dice, const Lengths& grid) {
  Neighborhood pattern;
  for (const std::int64_t length : grid) {
    const std::int64_t dilation = dice.one_in(2) ? 1 : dice.roll(1, std::max<std::int64_t>(1, length / 2));
    const std::int64_t window = dice.one_in(6) ? length / dilation : dice.roll(1, length / dilation);
    pattern.window.push_back(window);
    pattern.stride.push_back(dice.one_in(3) ? 1 : dice.roll(1, window));
    pattern.dilation.push_back(dilation);
    pattern.causal.push_back(dice.one_in(4));
  }
  return pattern;
}

Pattern random_pattern(Dice& dice, const Lengths& grid) {
  switch (dice.roll(0, 8)) {
    case 0:
      return Dense{dice.one_in(2)};
    case 1: {
      const std::int64_t length = patterns::volume(grid);
      const std::int64_t sinks = dice.one_in(2) ? 0 : dice.roll(0, std::min<std::int64_t>(length, 30));
      if (dice.one_in(3)) {  // whole blocks
        const std::int64_t block = dice.roll(1, 12);
        return SlidingWindow{dice.roll(1, 12) * block, dice.roll(0, 2) * block, true, block};
      }
      return SlidingWindow{dice.roll(1, length), sinks, dice.one_in(2)};
    }
    case 2:
    case 3:
    case 4:
      return random_listed_pattern(dice, grid);
    default:
      return random_neighborhood(dice, grid);
  }
}

}  // namespace

CountRequest random_request(std::uint64_t seed, std::uint64_t index) {
  Dice dice(seed, index);
  CountRequest request;
  const auto axes = static_cast<std::size_t>(dice.roll(1, 3));
  request.tokens = random_grid(dice, axes);
  request.q_tile = random_tile(dice, axes);
  request.kv_tile = random_tile(dice, axes);
  request.pattern = random_pattern(dice, request.tokens);
  request.tiling = static_cast<Tiling>(dice.roll(0, 2));
  if (auto* rule = std::get_if<Neighborhood>(&request.pattern); rule != nullptr && dice.one_in(4)) {
    align(dice, request, *rule);
  }
  const bool boxes = request.tiling != Tiling::kFlat;
  const bool in_order = !std::holds_alternative<Neighborhood>(request.pattern);
  // The gathered tokens of several axes are a line.
  if (boxes && axes > 1 && std::holds_alternative<TokenSubset>(request.pattern)) request.pattern = Dense{dice.one_in(2)};
  const bool everywhere = request.pattern == Pattern{Dense{false}};
  const bool before_too = std::holds_alternative<Dense>(request.pattern) || std::holds_alternative<SlidingWindow>(request.pattern);
  const bool reordered = patterns::kind_name(request.pattern) == "token_subset" || patterns::kind_name(request.pattern) == "permuted";
  if (dice.one_in(3) && !reordered) {
    request.q_tokens = request.tokens;
    // A causal pattern or a window over several axes needs consecutive queries.
    const std::size_t cut_axes = in_order && !everywhere ? 1 : axes;
    for (std::size_t axis = 0; axis < cut_axes; ++axis) {
      request.q_tokens[axis] = dice.roll(1, request.tokens[axis]);
    }
    if (everywhere || (axes == 1 && before_too)) {
      if (dice.one_in(2)) request.q_tokens[0] += request.tokens[0];
    } else if (!in_order && dice.one_in(2)) {
      for (std::size_t axis = 0; axis < axes; ++axis) {
        request.q_offset.push_back(dice.roll(0, request.tokens[axis] - request.q_tokens[axis]));
      }
    }
  }
  const bool subset = patterns::kind_name(request.pattern) == "token_subset";
  if (!subset && dice.one_in(3)) request.extra_kv_tokens = dice.roll(1, 25);
  if (!subset && dice.one_in(4)) request.extra_q_tokens = dice.roll(1, 25);
  if (!boxes && dice.one_in(3)) request.group_heads = dice.roll(2, 8);
  return request;
}

CountRequest random_long_request(std::uint64_t seed, std::uint64_t index) {
  Dice dice(seed, index);
  CountRequest request;
  request.tokens = {dice.roll(700, 1400)};
  request.q_tile = {dice.roll(1, 4)};
  request.kv_tile = {dice.roll(1, 6)};
  request.tiling = static_cast<Tiling>(dice.roll(0, 2));
  const std::int64_t window = dice.roll(1, 40);
  if (dice.one_in(4)) {
    const std::int64_t stride = dice.roll(1, 9);
    request.pattern = patterns::Strided{dice.roll(1, 12), dice.roll(1, 6), stride, dice.roll(0, stride - 1), dice.one_in(2)};
    request.q_tile = {dice.roll(1, 30)};
    request.kv_tile = {dice.roll(1, 40)};
  } else if (dice.one_in(3)) {
    request.pattern = SlidingWindow{window, dice.roll(0, 12), dice.one_in(2)};
  } else {
    const std::int64_t dilation = request.tiling != Tiling::kFlat && dice.one_in(3) ? 2 : 1;
    request.pattern = Neighborhood{
        {window}, {dice.roll(1, std::min<std::int64_t>(window, 6))}, {dilation}, {dice.one_in(2)}};
  }
  if (dice.one_in(3)) request.q_tokens = {request.tokens[0] - dice.roll(1, 40)};
  if (dice.one_in(3)) request.extra_kv_tokens = dice.roll(1, 20);
  if (dice.one_in(3)) request.extra_q_tokens = dice.roll(1, 20);
  if (request.tiling == Tiling::kFlat && dice.one_in(3)) request.group_heads = dice.roll(2, 3);
  return request;
}

namespace {

// Whole periods of it fit into a few dozen tokens.
Pattern random_repeating(Dice& dice, std::int64_t unit) {
  const std::int64_t stride = dice.roll(1, 4);
  return dice.one_in(3) ? Pattern(SlidingWindow{dice.roll(1, 9), dice.roll(0, 5), dice.one_in(2)})
                        : Pattern(patterns::Strided{dice.roll(1, 3) * unit, dice.roll(1, 3), stride, dice.roll(0, stride - 1), dice.one_in(2)});
}

Pattern random_repeating_union(Dice& dice, std::int64_t unit) {
  patterns::Union all;
  for (std::int64_t parts = dice.roll(1, 3); parts > 0; --parts) all.parts.push_back(patterns::part(random_repeating(dice, unit)));
  return all;
}

}  // namespace

CountRequest random_repeating_request(std::uint64_t seed, std::uint64_t index) {
  Dice dice(seed, index);
  CountRequest request;
  request.tiling = static_cast<Tiling>(dice.roll(0, 2));
  const std::int64_t unit = dice.roll(1, 6);
  if (dice.one_in(3)) {
    request.tokens = {dice.roll(100, 170), dice.roll(1, 2), dice.roll(1, 3)};
    request.q_tile = {dice.roll(1, 2), dice.roll(1, 2), dice.roll(1, 3)};
    request.kv_tile = {dice.roll(1, 3), dice.roll(1, 2), dice.roll(1, 2)};
    request.pattern = random_repeating_union(dice, request.tokens[1] * request.tokens[2]);
    if (request.tiling == Tiling::kFlat && dice.one_in(2)) {
      request.pattern = Neighborhood{{dice.roll(1, 9), 1, 1}, {1, 1, 1}, {dice.roll(1, 3), 1, 1}, {dice.one_in(2), false, false}};
    }
    if (dice.one_in(3)) {
      request.q_tokens = request.tokens;
      request.q_tokens[0] -= dice.roll(1, 20);
    }
  } else {
    request.tokens = {dice.roll(500, 900)};
    request.q_tile = {dice.roll(1, 2) * unit};
    request.kv_tile = {dice.one_in(2) ? unit : dice.roll(1, 2) * 2};
    request.pattern = dice.one_in(3) ? random_repeating(dice, unit) : random_repeating_union(dice, unit);
    if (request.tiling == Tiling::kFlat && dice.one_in(3)) request.group_heads = dice.roll(2, 3);
    if (dice.one_in(3)) request.q_tokens = {request.tokens[0] - dice.roll(1, 40)};
  }
  if (dice.one_in(3)) request.extra_kv_tokens = dice.roll(1, 20);
  if (dice.one_in(3)) request.extra_q_tokens = dice.roll(1, 20);
  return request;
}

Case random_case(std::uint64_t seed, std::uint64_t index) {
  Dice dice(seed, index);
  Case shape;
  const Lengths grid = random_grid(dice, static_cast<std::size_t>(dice.roll(1, 3)));
  shape.pattern = random_pattern(dice, grid);
  shape.kv_len = patterns::volume(grid);
  if (grid.size() > 1 || dice.one_in(2)) {
    shape.tokens = grid;
    if (dice.one_in(2)) shape.kv_len += dice.roll(1, 80);
  }
  const bool before_too = std::holds_alternative<Dense>(shape.pattern) || std::holds_alternative<SlidingWindow>(shape.pattern) ||
                          std::holds_alternative<Neighborhood>(shape.pattern);
  shape.q_len = dice.one_in(2) ? shape.kv_len : dice.roll(1, shape.kv_len + (before_too ? 20 : 0));
  return shape;
}

std::uint64_t test_seed() {
  const char* text = std::getenv("SPANWISE_TEST_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

}  // namespace spanwise::oracle
