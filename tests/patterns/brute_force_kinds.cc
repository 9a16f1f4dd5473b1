// SPDX-License-Identifier: Apache-2.0
#include "brute_force_kinds.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "brute_force_basics.h"
#include "core/random.h"

namespace spanwise::oracle {
namespace {

using patterns::Lengths;
using patterns::Pattern;

bool has(const std::vector<std::int64_t>& list, std::int64_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

PairTest test_of(const patterns::Dense& rule, const Lengths&, Held) {
  return [rule](std::int64_t q, std::int64_t k) { return !rule.causal || k <= q; };
}

PairTest test_of(const patterns::SlidingWindow& rule, const Lengths& grid, Held) {
  const std::int64_t n = product(grid);
  return [rule, n](std::int64_t q, std::int64_t k) {
    if (q < 0) return false;
    if (rule.causal && k > q) return false;
    if (k < rule.sinks) return true;
    if (rule.causal && rule.block > 1) return q / rule.block - k / rule.block < rule.window / rule.block;
    if (rule.causal) return k > q - rule.window;
    const Window keys = class_window(n, std::min(rule.window, n), 1, false, q);
    return keys.begin <= k && k < keys.end;
  };
}

PairTest test_of(const patterns::Neighborhood& rule, const Lengths& grid, Held) {
  std::vector<std::vector<char>> pairs(grid.size());  // of an axis, row-major
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    const std::int64_t length = grid[axis], dilation = rule.dilation[axis];
    for (std::int64_t query = 0; query < length; ++query) {
      const Window keys = class_window(class_length(length, dilation, query % dilation), rule.window[axis],
                                       rule.stride[axis], rule.causal[axis], query / dilation);
      for (std::int64_t key = 0; key < length; ++key) {
        const bool same_class = query % dilation == key % dilation;
        pairs[axis].push_back(same_class && keys.begin <= key / dilation && key / dilation < keys.end ? 1 : 0);
      }
    }
  }
  std::vector<Lengths> at;
  for (std::int64_t token = 0; token < product(grid); ++token) at.push_back(coordinates(token, grid));
  return [pairs, at, grid](std::int64_t q, std::int64_t k) {
    if (q < 0) return false;
    for (std::size_t axis = 0; axis < grid.size(); ++axis) {
      const auto index = at[static_cast<std::size_t>(q)][axis] * grid[axis] + at[static_cast<std::size_t>(k)][axis];
      if (pairs[axis][static_cast<std::size_t>(index)] == 0) return false;
    }
    return true;
  };
}

PairTest test_of(const patterns::Strided& rule, const Lengths&, Held) {
  return [rule](std::int64_t q, std::int64_t k) {
    if (rule.causal && k > q) return false;
    const std::int64_t i = q / rule.block, j = k / rule.block;
    return std::abs(i - j) < rule.local || j % rule.stride == rule.phase;
  };
}

PairTest test_of(const patterns::Power& rule, const Lengths&, Held) {
  return [rule](std::int64_t q, std::int64_t k) {
    if (rule.causal && k > q) return false;
    const std::int64_t distance = std::abs(q / rule.block - k / rule.block);
    if (distance < rule.window || k / rule.block < rule.sinks) return true;
    for (std::int64_t power = 1; power <= distance; power += power) {
      if (power == distance) return true;
    }
    return false;
  };
}

PairTest test_of(const patterns::VerticalSlash& rule, const Lengths&, Held) {
  return [rule](std::int64_t q, std::int64_t k) {
    if (rule.causal && k > q) return false;
    return has(rule.columns.at, k) || has(rule.diagonals.at, std::abs(q - k));
  };
}

PairTest listed(const patterns::Selection& selection, std::int64_t n, std::int64_t q_block, std::int64_t unit, bool causal) {
  const std::int64_t before = blocks_needed(n, q_block) - static_cast<std::int64_t>(selection.rows->first.size() - 1);
  return [rows = selection.rows, before, q_block, unit, causal](std::int64_t q, std::int64_t k) {
    if ((causal && k > q) || q / q_block < before) return false;
    const auto row = static_cast<std::size_t>(q / q_block - before);
    for (std::size_t at = rows->first[row]; at < rows->first[row + 1]; ++at) {
      if (rows->units[at] == k / unit) return true;
    }
    return false;
  };
}

// The documented generator: for last in [below - count, below) draw one of [0, last]; what is taken gives way to last.
std::set<std::int64_t> drawn_row(const patterns::BlockMask& rule, std::int64_t n, std::int64_t row) {
  const std::int64_t reach = rule.causal ? std::min((row + 1) * rule.q_block, n) : n;
  const std::int64_t below = blocks_needed(reach, rule.kv_block);
  const std::int64_t count = std::max<std::int64_t>(1, std::llround(rule.random->density * static_cast<double>(below)));
  std::set<std::int64_t> taken;
  for (std::int64_t last = below - count; last < below; ++last) {
    const auto draw = static_cast<std::int64_t>(core::random_bits(rule.random->seed, static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(last)) %
                                                static_cast<std::uint64_t>(last + 1));
    taken.insert(taken.count(draw) == 0 ? draw : last);
  }
  return taken;
}

PairTest test_of(const patterns::BlockMask& rule, const Lengths& grid, Held) {
  const std::int64_t n = product(grid);
  if (rule.selection) return listed(*rule.selection, n, rule.q_block, rule.kv_block, rule.causal);
  std::vector<std::set<std::int64_t>> rows;
  for (std::int64_t row = 0; row * rule.q_block < n; ++row) rows.push_back(drawn_row(rule, n, row));
  return [rule, rows](std::int64_t q, std::int64_t k) {
    return !(rule.causal && k > q) && rows[static_cast<std::size_t>(q / rule.q_block)].count(k / rule.kv_block) > 0;
  };
}

PairTest test_of(const patterns::Routed& rule, const Lengths& grid, Held) {
  return listed(*rule.selection, product(grid), rule.q_block, rule.unit_size, rule.causal);
}

PairTest test_of(const patterns::Pyramid&, const Lengths&, Held) {
  return [](std::int64_t, std::int64_t) -> bool { std::abort(); };  // pooled keys are no pairs
}

PairTest test_of(const patterns::TokenSubset& rule, const Lengths&, Held held) {
  const auto inner = pair_test(rule.inner.node().value, {rule.keep.count}, held);
  std::map<std::int64_t, std::int64_t> rank;
  for (const auto token : rule.keep.at) rank.emplace(token, static_cast<std::int64_t>(rank.size()));
  return [inner, rank](std::int64_t q, std::int64_t k) {
    return rank.count(q) > 0 && rank.count(k) > 0 && inner(rank.at(q), rank.at(k));
  };
}

// Fisher and Yates on each segment, from its last place down.
Lengths order_of(const patterns::Permutation& permutation, std::int64_t n) {
  if (permutation.form == patterns::Permutation::Form::kListed) return permutation.order;
  Lengths order;
  const std::int64_t size = permutation.segment == 0 ? n : permutation.segment;
  for (std::int64_t segment = 0; segment * size < n; ++segment) {
    Lengths part;
    for (std::int64_t token = segment * size; token < std::min((segment + 1) * size, n); ++token) part.push_back(token);
    for (std::size_t place = part.size() - 1; place > 0; --place) {
      std::swap(part[place], part[core::random_bits(permutation.seed, static_cast<std::uint64_t>(segment), place) % (place + 1)]);
    }
    order.insert(order.end(), part.begin(), part.end());
  }
  return order;
}

PairTest test_of(const patterns::Permuted& rule, const Lengths& grid, Held held) {
  const auto inner = pair_test(rule.inner.node().value, grid, Held::kBefore);
  const Lengths order = order_of(rule.permutation, product(grid));
  Lengths place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return [=, causal = rule.causal, keys_only = rule.keys_only](std::int64_t q, std::int64_t k) {
    const auto query = static_cast<std::size_t>(q), key = static_cast<std::size_t>(k);
    if (held == Held::kBefore) return !(causal && k > q) && inner(keys_only ? q : place[query], place[key]);
    return !(causal && order[key] > (keys_only ? q : order[query])) && inner(q, k);
  };
}

PairTest test_of(const patterns::Union& rule, const Lengths& grid, Held) {
  std::vector<PairTest> parts;
  for (const auto& part : rule.parts) parts.push_back(pair_test(part.node().value, grid, Held::kBefore));
  return [parts](std::int64_t q, std::int64_t k) {
    return std::any_of(parts.begin(), parts.end(), [&](const PairTest& part) { return part(q, k); });
  };
}

PairTest test_of(const patterns::Reuse& rule, const Lengths& grid, Held held) {
  return pair_test(rule.pattern.node().value, grid, held);
}

}  // namespace

PairTest pair_test(const Pattern& pattern, const Lengths& grid, Held held) {
  return std::visit([&](const auto& rule) { return test_of(rule, grid, held); }, pattern);
}

}  // namespace spanwise::oracle
