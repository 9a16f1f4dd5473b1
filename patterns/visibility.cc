// SPDX-License-Identifier: Apache-2.0
#include "patterns/visibility.h"

#include <algorithm>
#include <variant>

#include "core/int128.h"

namespace spanwise::patterns {
namespace {

// Bit j: first_key + j lies in `keys`.
std::uint64_t interval_mask64(Interval keys, std::int64_t first_key) {
  const std::int64_t low = std::max<std::int64_t>(keys.begin - first_key, 0);
  const std::int64_t high = std::min<std::int64_t>(keys.end - first_key, 64);
  if (high <= low) return 0;
  return (~std::uint64_t{0} >> (64 - (high - low))) << low;
}

}  // namespace

Visibility::Visibility(const Case& shape)
    : q_shift_(shape.kv_len - shape.q_len),
      grid_tokens_(volume(shape.grid())),
      kv_len_(shape.kv_len),
      interval_(interval_rule(shape.pattern, shape.grid())) {
  if (interval_) return;
  const auto* neighborhood = std::get_if<Neighborhood>(&shape.pattern);
  if (neighborhood == nullptr) {
    auto source = key_source(shape.pattern, shape.grid());
    core::ensure(static_cast<bool>(source), "Visibility: the case was not checked");
    source_ = std::move(*source);
    return;
  }
  const auto rules = axis_rules(*neighborhood, shape.grid());
  std::copy(rules.begin(), rules.end(), axes_.end() - static_cast<std::ptrdiff_t>(rules.size()));
}

Visibility::Row Visibility::row(std::int64_t query) const {
  Row row;
  const std::int64_t position = query + q_shift_;
  if (position >= grid_tokens_) {
    row.spans_.add({0, kv_len_});
    return row;
  }
  if (interval_) {
    row.spans_ = interval_->spans(position, position).any;
  } else if (source_ != nullptr) {
    if (position >= 0) row.listed_ = source_->row(position);
  } else if (position >= 0) {
    row.axes_ = true;
    std::int64_t rest = position;
    for (std::size_t axis = 3; axis-- > 0;) {
      row.lengths_[axis] = axes_[axis].length;
      row.keys_[axis] = axes_[axis].keys_of(rest % axes_[axis].length);
      rest /= axes_[axis].length;
    }
  }
  row.spans_.add({grid_tokens_, kv_len_});
  return row;
}

bool Visibility::Row::sees(std::int64_t key) const {
  if (spans_.contains(key) || contains(listed_, key)) return true;
  if (!axes_ || key >= lengths_[0] * lengths_[1] * lengths_[2]) return false;
  const std::int64_t grid_row = key / lengths_[2];
  return keys_[2].contains(key % lengths_[2]) && keys_[1].contains(grid_row % lengths_[1]) &&
         keys_[0].contains(grid_row / lengths_[1]);
}

std::uint64_t Visibility::Row::mask64(std::int64_t first_key) const {
  std::uint64_t mask = axes_ ? grid_mask64(first_key) : 0;
  for (const Interval span : spans_) mask |= interval_mask64(span, first_key);
  auto listed = std::lower_bound(listed_.begin(), listed_.end(), first_key,
                                 [](Interval interval, std::int64_t key) { return interval.end <= key; });
  for (; listed != listed_.end() && listed->begin < first_key + 64; ++listed) {
    mask |= interval_mask64(*listed, first_key);
  }
  return mask;
}

// Row by row of the grid: a row's keys are visible where the last axis says so, if its other coordinates are
// visible.
std::uint64_t Visibility::Row::grid_mask64(std::int64_t first_key) const {
  const std::int64_t first_row = first_key / lengths_[2];
  std::int64_t row_begin = first_row * lengths_[2];
  std::int64_t y = first_row % lengths_[1];
  std::uint64_t mask = 0;
  for (std::int64_t x = first_row / lengths_[1]; x < lengths_[0] && row_begin < first_key + 64; ++x, y = 0) {
    const bool x_visible = keys_[0].contains(x);
    for (; y < lengths_[1] && row_begin < first_key + 64; ++y, row_begin += lengths_[2]) {
      if (x_visible && keys_[1].contains(y)) mask |= last_axis_mask64(row_begin, first_key);
    }
  }
  return mask;
}

std::uint64_t Visibility::Row::last_axis_mask64(std::int64_t row_begin, std::int64_t first_key) const {
  const AxisKeys& keys = keys_[2];
  if (keys.step == 1) return interval_mask64({row_begin + keys.begin, row_begin + keys.end}, first_key);
  std::int64_t key = row_begin + keys.begin;
  if (key < first_key) key += core::ceil_div(first_key - key, keys.step) * keys.step;
  const std::int64_t end = std::min(row_begin + keys.end, first_key + 64);
  std::uint64_t mask = 0;
  for (; key < end; key += keys.step) mask |= std::uint64_t{1} << (key - first_key);
  return mask;
}

}  // namespace spanwise::patterns
