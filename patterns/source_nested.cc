// SPDX-License-Identifier: Apache-2.0
#include "patterns/source_nested.h"

#include <algorithm>

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

double UnionSource::intervals_per_row() const {
  double intervals = 0;
  for (const auto& part : parts_) intervals += part->intervals_per_row();
  return intervals;
}

double UnionSource::tile_steps(std::int64_t queries) const {
  double steps = 0;
  for (const auto& part : parts_) steps += part->tile_steps(queries);
  return 3 * steps;  // some tiles are looked at again in halves
}

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
