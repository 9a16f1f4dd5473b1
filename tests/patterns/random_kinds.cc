// SPDX-License-Identifier: Apache-2.0
#include "random_kinds.h"

#include <algorithm>
#include <numeric>

namespace spanwise::oracle {
namespace {

using namespace patterns;

std::int64_t blocks(std::int64_t n, std::int64_t block) {
  return (n + block - 1) / block;
}

// Each of [0, below) with a chance of one in `rarity`.
Lengths some_of(Dice& dice, std::int64_t below, std::int64_t rarity) {
  Lengths chosen;
  for (std::int64_t i = 0; i < below; ++i) {
    if (dice.one_in(rarity)) chosen.push_back(i);
  }
  return chosen;
}

Places some_places(Dice& dice, std::int64_t below) {
  Places places;
  places.at = some_of(dice, below, dice.roll(1, 20));
  // A run of neighbours, so that whole tiles can be seen.
  const std::int64_t begin = dice.roll(0, below - 1), end = std::min(below, begin + dice.roll(0, 30));
  for (std::int64_t i = begin; i < end; ++i) places.at.push_back(i);
  std::sort(places.at.begin(), places.at.end());
  places.at.erase(std::unique(places.at.begin(), places.at.end()), places.at.end());
  places.count = static_cast<std::int64_t>(places.at.size());
  return places;
}

Selection some_selection(Dice& dice, std::int64_t n, std::int64_t q_block, std::int64_t unit) {
  UnitRows rows;
  const std::int64_t all = blocks(n, q_block);
  const std::int64_t given = dice.one_in(4) ? dice.roll(1, all) : all;
  for (std::int64_t row = 0; row < given; ++row) {
    const auto units = some_of(dice, blocks(n, unit), dice.roll(1, 5));
    rows.units.insert(rows.units.end(), units.begin(), units.end());
    rows.first.push_back(rows.units.size());
  }
  return {std::make_shared<const UnitRows>(std::move(rows)), {}};
}

Pattern some_blocks(Dice& dice, std::int64_t n) {
  BlockMask mask;
  mask.q_block = dice.roll(1, 20);
  mask.kv_block = dice.one_in(2) ? mask.q_block : dice.roll(1, 20);
  mask.causal = dice.one_in(2);
  if (dice.one_in(2)) {
    mask.random = RandomBlocks{static_cast<double>(dice.roll(0, 100)) / 100, static_cast<std::uint64_t>(dice.roll(0, 99))};
  } else {
    mask.selection = some_selection(dice, n, mask.q_block, mask.kv_block);
  }
  return mask;
}

Pattern some_routing(Dice& dice, std::int64_t n) {
  Routed routed;
  routed.unit_size = dice.roll(1, 12);
  routed.q_block = dice.roll(1, 12);
  routed.causal = dice.one_in(2);
  routed.selection = some_selection(dice, n, routed.q_block, routed.unit_size);
  return routed;
}

Pattern some_subset(Dice& dice, std::int64_t n) {
  TokenSubset subset;
  subset.keep.at = some_of(dice, n, dice.roll(1, 4));
  if (subset.keep.at.empty()) subset.keep.at.push_back(dice.roll(0, n - 1));
  subset.keep.count = static_cast<std::int64_t>(subset.keep.at.size());
  subset.inner = part(dice.one_in(2) ? Pattern(SlidingWindow{dice.roll(1, 20), dice.roll(0, 3), true})
                                     : Pattern(Strided{dice.roll(1, 8), dice.roll(1, 3), 4, dice.roll(0, 3), dice.one_in(2)}));
  return subset;
}

Pattern some_permutation(Dice& dice, const Lengths& grid) {
  const std::int64_t n = volume(grid);
  Permuted permuted;
  permuted.keys_only = dice.one_in(2);
  permuted.causal = dice.one_in(2);
  if (dice.one_in(2)) {
    permuted.permutation.form = Permutation::Form::kRandom;
    permuted.permutation.seed = static_cast<std::uint64_t>(dice.roll(0, 99));
    permuted.permutation.segment = dice.roll(0, 40);
  } else {
    permuted.permutation.form = Permutation::Form::kListed;
    permuted.permutation.order.resize(static_cast<std::size_t>(n));
    std::iota(permuted.permutation.order.begin(), permuted.permutation.order.end(), 0);
    std::reverse(permuted.permutation.order.begin(), permuted.permutation.order.begin() + dice.roll(0, n));
  }
  permuted.inner = part(some_blocks(dice, n));
  return permuted;
}

Pattern some_union(Dice& dice, const Lengths& grid) {
  const std::int64_t n = volume(grid);
  Union all;
  for (std::int64_t parts = dice.roll(1, 3); parts > 0; --parts) {
    switch (dice.roll(0, 3)) {
      case 0:
        all.parts.push_back(part(Strided{dice.roll(1, 10), 1, 3, dice.roll(0, 2), true}));
        break;
      case 1:
        all.parts.push_back(part(VerticalSlash{some_places(dice, n), some_places(dice, n), dice.one_in(2), {}}));
        break;
      case 2:
        all.parts.push_back(part(some_blocks(dice, n)));
        break;
      default: {
        Neighborhood hood;
        for (const auto length : grid) {
          hood.window.push_back(dice.roll(1, length));
          hood.stride.push_back(dice.roll(1, hood.window.back()));
          hood.dilation.push_back(1);
          hood.causal.push_back(dice.one_in(3));
        }
        all.parts.push_back(part(hood));
      }
    }
  }
  return all;
}

}  // namespace

Pattern random_listed_pattern(Dice& dice, const Lengths& grid) {
  const std::int64_t n = volume(grid);
  switch (dice.roll(0, 8)) {
    case 0: {
      const std::int64_t stride = dice.roll(1, 9);
      return Strided{dice.roll(1, 20), dice.roll(1, 4), stride, dice.roll(0, stride - 1), dice.one_in(2)};
    }
    case 1:
      return Power{dice.roll(1, 9), dice.roll(1, 6), dice.roll(0, 3), dice.one_in(2)};
    case 2:
      return VerticalSlash{some_places(dice, n), some_places(dice, n), dice.one_in(2), {}};
    case 3:
      return some_blocks(dice, n);
    case 4:
      return some_routing(dice, n);
    case 5:
      return some_subset(dice, n);
    case 6:
      return some_permutation(dice, grid);
    case 7:
      return Reuse{3, part(some_blocks(dice, n))};
    default:
      return some_union(dice, grid);
  }
}

}  // namespace spanwise::oracle
