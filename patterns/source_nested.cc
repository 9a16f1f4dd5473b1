// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_nested.h"

#include <algorithm>

#include "patterns/periods.h"
#include "patterns/token_order.h"

namespace spanwise::patterns {
namespace {

// `rows` gives the keys of one query.
template <class Rows>
void look_row_by_row(Interval queries, TileKeys& keys, Rows rows) {
  keys.any = keys.all = rows(queries.begin);
  for (std::int64_t query = queries.begin + 1; query < queries.end; ++query) {
    const IntervalSet row = rows(query);
    keys.any = unite(keys.any, row);
    keys.all = intersect(keys.all, row);
  }
}

// Of the rows in the middle and at the end the one with more keys, which are moved one by one.
double keys_in_a_row(const KeySource& inner, std::int64_t tokens) {
  if (tokens == 0) return 1;
  constexpr double kSteps = 20;  // sorting included
  return kSteps * static_cast<double>(1 + std::max(size(inner.row(tokens / 2)), size(inner.row(tokens - 1))));
}

}  // namespace

void UnionSource::look(Interval queries, TileKeys& keys) const {
  parts_.front()->look(queries, keys);
  TileKeys more;
  for (std::size_t part = 1; part < parts_.size(); ++part) {
    parts_[part]->look(queries, more);
    keys.any = unite(keys.any, more.any);
    keys.all = unite(keys.all, more.all);
  }
}

void UnionSource::look_within(Interval queries, Interval within, TileKeys& keys) const {
  parts_.front()->look_within(queries, within, keys);
  TileKeys more;
  for (std::size_t part = 1; part < parts_.size(); ++part) {
    parts_[part]->look_within(queries, within, more);
    keys.any = unite(keys.any, more.any);
    keys.all = unite(keys.all, more.all);
  }
}

std::optional<Repeat> UnionSource::repeat() const {
  Repeat all{1, {0, kFarEnd}};
  for (const auto& part : parts_) {
    const auto own = part->repeat();
    if (!own) return std::nullopt;
    const core::Count period = common_multiple(static_cast<core::Count>(all.period), static_cast<core::Count>(own->period));
    if (period > static_cast<core::Count>(kFarEnd)) return std::nullopt;
    all = {static_cast<std::int64_t>(period), {std::max(all.inner.begin, own->inner.begin), std::min(all.inner.end, own->inner.end)}};
  }
  return all;
}

double UnionSource::intervals_per_row() const {
  double intervals = 0;
  for (const auto& part : parts_) intervals += part->intervals_per_row();
  return intervals;
}

double UnionSource::tile_steps(std::int64_t queries) const {
  double steps = 0;
  for (const auto& part : parts_) steps += part->tile_steps(queries);
  // Some tiles are looked at again in halves, down to single queries.
  for (const auto& part : parts_) steps += static_cast<double>(queries) * part->tile_steps(1);
  return steps;
}

constexpr std::int64_t kChunk = 64;  // queries that are looked at together first

double UnionSource::pair_steps(Interval queries) const {
  const std::int64_t chunks = queries.size() / kChunk + 1;
  return static_cast<double>(chunks) * tile_steps(std::min(kChunk, queries.size() + 1));
}

core::Count UnionSource::run_pairs(Interval queries) const {
  core::Count pairs = 0;
  for (std::int64_t begin = queries.begin; begin < queries.end; begin += kChunk) {
    pairs += pairs_with({begin, std::min(begin + kChunk, queries.end)}, {{0, kFarEnd}});
  }
  return pairs;
}

// What all of the queries see is counted once, the rest in halves.
core::Count UnionSource::pairs_with(Interval queries, const IntervalSet& keys) const {
  TileKeys seen;
  look_within(queries, {keys.front().begin, keys.back().end}, seen);
  seen.any = intersect(seen.any, keys);
  if (queries.size() == 1) return static_cast<core::Count>(size(seen.any));
  seen.all = intersect(seen.all, seen.any);
  core::Count pairs = static_cast<core::Count>(queries.size()) * static_cast<core::Count>(size(seen.all));
  const IntervalSet open = subtract(seen.any, seen.all);
  if (open.empty()) return pairs;
  const std::int64_t middle = queries.begin + queries.size() / 2;
  return pairs + pairs_with({queries.begin, middle}, open) + pairs_with({middle, queries.end}, open);
}

SubsetSource::SubsetSource(std::vector<std::int64_t> kept, std::shared_ptr<const KeySource> inner)
    : kept_(std::move(kept)), inner_(std::move(inner)), keys_per_row_(keys_in_a_row(*inner_, static_cast<std::int64_t>(kept_.size()))) {}

void SubsetSource::look(Interval queries, TileKeys& keys) const {
  look_row_by_row(queries, keys, [this](std::int64_t query) { return keys_of(query); });
}

IntervalSet SubsetSource::keys_of(std::int64_t position) const {
  const auto found = std::lower_bound(kept_.begin(), kept_.end(), position);
  if (found == kept_.end() || *found != position) return {};
  IntervalSet keys;
  for (const Interval ranks : inner_->row(found - kept_.begin())) {
    for (std::int64_t rank = ranks.begin; rank < ranks.end; ++rank) {
      const std::int64_t key = kept_[static_cast<std::size_t>(rank)];
      append(keys, {key, key + 1});
    }
  }
  return keys;
}

PermutedSource::PermutedSource(const Permuted& pattern, std::int64_t tokens, std::shared_ptr<const KeySource> inner,
                               PermutedOrder held)
    : keys_only_(pattern.keys_only),
      causal_(pattern.causal),
      held_(held),
      order_(token_order(pattern.permutation, tokens)),
      place_(order_.size()),
      inner_(std::move(inner)) {
  keys_per_row_ = keys_in_a_row(*inner_, tokens);
  for (std::size_t place = 0; place < order_.size(); ++place) {
    place_[static_cast<std::size_t>(order_[place])] = static_cast<std::int64_t>(place);
  }
}

void PermutedSource::look(Interval queries, TileKeys& keys) const {
  look_row_by_row(queries, keys, [this](std::int64_t query) {
    return held_ == PermutedOrder::kBefore ? keys_of(query) : places_of(query);
  });
}

IntervalSet PermutedSource::places_of(std::int64_t query) const {
  const std::int64_t position = keys_only_ ? query : order_[static_cast<std::size_t>(query)];
  IntervalSet seen;
  for (const Interval places : inner_->row(query)) {
    for (std::int64_t place = places.begin; place < places.end; ++place) {
      if (!causal_ || order_[static_cast<std::size_t>(place)] <= position) append(seen, {place, place + 1});
    }
  }
  return seen;
}

IntervalSet PermutedSource::keys_of(std::int64_t position) const {
  const std::int64_t query = keys_only_ ? position : place_[static_cast<std::size_t>(position)];
  std::vector<std::int64_t> keys;
  for (const Interval places : inner_->row(query)) {
    for (std::int64_t place = places.begin; place < places.end; ++place) {
      const std::int64_t key = order_[static_cast<std::size_t>(place)];
      if (!causal_ || key <= position) keys.push_back(key);
    }
  }
  return set_of(std::move(keys));
}

}  // namespace spanwise::patterns
