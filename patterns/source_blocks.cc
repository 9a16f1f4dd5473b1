// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_blocks.h"

#include <algorithm>
#include <cmath>

#include "patterns/token_order.h"

namespace spanwise::patterns {
namespace {

// Pairs of queries [begin, end) with keys of `keys` up to themselves.
core::Count causal_pairs(Interval queries, Interval keys) {
  const std::int64_t first = std::max(queries.begin, keys.begin);  // sees one key at least
  const std::int64_t last = std::min(queries.end, keys.end);       // the first that sees all
  core::Count pairs = 0;
  if (last > first) {
    const auto terms = static_cast<core::Count>(last - first);
    pairs += terms * static_cast<core::Count>(first - keys.begin + 1) + terms * (terms - 1) / 2;
  }
  const std::int64_t whole = std::max(queries.begin, keys.end);
  if (queries.end > whole) {
    pairs += static_cast<core::Count>(queries.end - whole) * static_cast<core::Count>(keys.size());
  }
  return pairs;
}

}  // namespace

void BlockSource::look_blocks(Interval queries, Interval within, TileKeys& keys) const {
  const std::int64_t first_row = queries.begin / grid_.q_block, last_row = (queries.end - 1) / grid_.q_block;
  keys.any.clear();
  row_tokens(first_row, within, keys.any);
  keys.all = keys.any;
  if (grid_.causal) cut_at(keys.any, std::min((first_row + 1) * grid_.q_block, queries.end));
  IntervalSet tokens;
  for (std::int64_t row = first_row + 1; row <= last_row; ++row) {
    tokens.clear();
    row_tokens(row, within, tokens);
    keys.all = intersect(keys.all, tokens);
    if (grid_.causal) cut_at(tokens, std::min((row + 1) * grid_.q_block, queries.end));
    keys.any = unite(keys.any, tokens);
  }
  if (grid_.causal) cut_at(keys.all, queries.begin + 1);
}

void BlockSource::look_within(Interval queries, Interval within, TileKeys& keys) const {
  look_blocks(queries, within, keys);
  keys.any = intersect(keys.any, {within});
  keys.all = intersect(keys.all, {within});
}

core::Count BlockSource::run_pairs(Interval queries) const {
  core::Count pairs = 0;
  IntervalSet tokens;
  for (std::int64_t begin = queries.begin; begin < queries.end;) {
    const std::int64_t row = begin / grid_.q_block;
    const Interval rows{begin, std::min((row + 1) * grid_.q_block, queries.end)};
    tokens.clear();
    row_tokens(row, {0, grid_.tokens}, tokens);
    for (const Interval keys : tokens) {
      pairs += grid_.causal ? causal_pairs(rows, keys)
                            : static_cast<core::Count>(rows.size()) * static_cast<core::Count>(keys.size());
    }
    begin = rows.end;
  }
  return pairs;
}

// Blocks far from the query's own; near it the window of whole blocks, and behind it causality.
std::optional<Repeat> StridedSource::repeat() const {
  if (pattern_.stride > kFarEnd / pattern_.block) return std::nullopt;
  const std::int64_t reach = std::min(pattern_.local + 1, grid_.kv_blocks() + 1) * pattern_.block;
  return Repeat{pattern_.stride * pattern_.block, {reach, grid_.causal ? kFarEnd : grid_.tokens - reach}};
}

void StridedSource::row_tokens(std::int64_t row, Interval within, IntervalSet& tokens) const {
  const std::int64_t blocks = std::min(grid_.visible_blocks(row), core::ceil_div(within.end, grid_.kv_block));
  const Interval near{std::max<std::int64_t>(0, row - pattern_.local + 1), std::min(row + pattern_.local, blocks)};
  const std::int64_t skipped = std::max<std::int64_t>(0, within.begin / grid_.kv_block - pattern_.phase);
  std::int64_t block = pattern_.phase + core::ceil_div(skipped, pattern_.stride) * pattern_.stride;
  for (; block < std::min(near.begin, blocks); block += pattern_.stride) add_blocks({block, block + 1}, tokens);
  add_blocks(near, tokens);
  if (block < near.end) block += core::ceil_div(near.end - block, pattern_.stride) * pattern_.stride;
  for (; block < blocks; block += pattern_.stride) add_blocks({block, block + 1}, tokens);
}

void PowerSource::row_tokens(std::int64_t row, Interval, IntervalSet& tokens) const {
  const std::int64_t blocks = grid_.visible_blocks(row);
  add_blocks({0, std::min(pattern_.sinks, blocks)}, tokens);
  std::int64_t power = 1;
  while (power <= row) power *= 2;
  for (power /= 2; power >= pattern_.window && power >= 1; power /= 2) {
    if (row - power >= pattern_.sinks) add_blocks({row - power, row - power + 1}, tokens);
  }
  add_blocks({std::max<std::int64_t>(0, row - pattern_.window + 1), std::min(row + pattern_.window, blocks)}, tokens);
  for (power = 1; row + power < blocks; power *= 2) {
    if (power >= pattern_.window) add_blocks({row + power, row + power + 1}, tokens);
  }
}

void ListSource::row_tokens(std::int64_t row, Interval, IntervalSet& tokens) const {
  // Fewer rows than blocks are the last ones.
  const std::int64_t given = row - (grid_.q_blocks() - static_cast<std::int64_t>(rows_->rows()));
  if (given < 0) return;
  const auto index = static_cast<std::size_t>(given);
  for (auto at = rows_->first[index]; at < rows_->first[index + 1]; ++at) {
    add_blocks({rows_->units[at], rows_->units[at] + 1}, tokens);
  }
}

void RandomSource::row_tokens(std::int64_t row, Interval, IntervalSet& tokens) const {
  const std::int64_t blocks = grid_.visible_blocks(row);
  const auto kept = std::max<std::int64_t>(1, std::llround(random_.density * static_cast<double>(blocks)));
  for (const auto block : random_units(random_.seed, row, kept, blocks)) add_blocks({block, block + 1}, tokens);
}

}  // namespace spanwise::patterns
