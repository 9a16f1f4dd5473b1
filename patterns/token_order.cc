// SPDX-License-Identifier: Apache-2.0
#include "patterns/token_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "core/random.h"

namespace spanwise::patterns {

std::int64_t kept_tokens(const TokenSubset& subset, std::int64_t n) {
  if (!subset.density) return subset.keep.count;
  return std::max<std::int64_t>(1, std::llround(*subset.density * static_cast<double>(n)));
}

std::vector<std::int64_t> token_order(const Permutation& permutation, std::int64_t n) {
  if (permutation.form == Permutation::Form::kListed) return permutation.order;
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const std::int64_t segment = permutation.segment == 0 ? n : permutation.segment;
  for (std::int64_t begin = 0; begin < n; begin += segment) {
    const auto stream = static_cast<std::uint64_t>(begin / segment);
    for (std::int64_t place = std::min(segment, n - begin) - 1; place > 0; --place) {
      const auto bits = core::random_bits(permutation.seed, stream, static_cast<std::uint64_t>(place));
      const auto other = static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(place + 1));
      std::swap(order[static_cast<std::size_t>(begin + place)], order[static_cast<std::size_t>(begin + other)]);
    }
  }
  return order;
}

std::vector<std::int64_t> random_units(std::uint64_t seed, std::int64_t row, std::int64_t count, std::int64_t below) {
  std::vector<std::int64_t> units;
  units.reserve(static_cast<std::size_t>(count));
  std::unordered_set<std::int64_t> chosen;
  chosen.reserve(static_cast<std::size_t>(count) * 2);
  for (std::int64_t last = below - count; last < below; ++last) {
    const auto bits = core::random_bits(seed, static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(last));
    const auto drawn = static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(last + 1));
    const bool fresh = chosen.insert(drawn).second;
    if (!fresh) chosen.insert(last);
    units.push_back(fresh ? drawn : last);
  }
  std::sort(units.begin(), units.end());
  return units;
}

}  // namespace spanwise::patterns
