// SPDX-License-Identifier: Apache-2.0
#include "patterns/interval_set.h"

#include <algorithm>

namespace spanwise::patterns {

IntervalSet unite(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet all;
  all.reserve(a.size() + b.size());
  auto i = a.begin(), j = b.begin();
  while (i != a.end() || j != b.end()) {
    const bool from_a = j == b.end() || (i != a.end() && i->begin <= j->begin);
    append(all, from_a ? *i++ : *j++);
  }
  return all;
}

IntervalSet intersect(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet common;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    append(common, {std::max(i->begin, j->begin), std::min(i->end, j->end)});
    (i->end < j->end ? i : j)++;
  }
  return common;
}

IntervalSet subtract(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet rest;
  auto j = b.begin();
  for (const Interval whole : a) {
    std::int64_t begin = whole.begin;
    while (j != b.end() && j->end <= begin) ++j;
    for (auto k = j; k != b.end() && k->begin < whole.end; ++k) {
      append(rest, {begin, k->begin});
      begin = std::max(begin, k->end);
    }
    append(rest, {begin, whole.end});
  }
  return rest;
}

void cut_at(IntervalSet& set, std::int64_t end) {
  while (!set.empty() && set.back().begin >= end) set.pop_back();
  if (!set.empty()) set.back().end = std::min(set.back().end, end);
}

std::int64_t size(const IntervalSet& set) {
  std::int64_t total = 0;
  for (const Interval interval : set) total += interval.size();
  return total;
}

bool contains(const IntervalSet& set, std::int64_t member) {
  const auto after = std::upper_bound(set.begin(), set.end(), member,
                                      [](std::int64_t at, Interval interval) { return at < interval.begin; });
  return after != set.begin() && member < std::prev(after)->end;
}

IntervalSet set_of(std::vector<std::int64_t> members) {
  std::sort(members.begin(), members.end());
  IntervalSet set;
  for (const auto member : members) append(set, {member, member + 1});
  return set;
}

}  // namespace spanwise::patterns
