// SPDX-License-Identifier: Apache-2.0
#include "patterns/token_order.h"

#include <algorithm>
#include <bit>
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

namespace {

// Numbers below a bound: a bit each where that is little memory, for a row of a mask is dense; else a set.
class Chosen {
 public:
  Chosen(std::int64_t count, std::int64_t below) {
    constexpr std::int64_t kBitsEach = 4096;
    if (below / kBitsEach <= count) {
      bits_.resize(static_cast<std::size_t>(below / 64 + 1));
    } else {
      set_.reserve(static_cast<std::size_t>(count) * 2);
    }
  }

  bool insert(std::int64_t number) {
    if (bits_.empty()) return set_.insert(number).second;
    auto& word = bits_[static_cast<std::size_t>(number / 64)];
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }

  std::vector<std::int64_t> ascending() const {
    std::vector<std::int64_t> numbers(set_.begin(), set_.end());
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      for (std::uint64_t word = bits_[i]; word != 0; word &= word - 1) {
        numbers.push_back(static_cast<std::int64_t>(i) * 64 + std::countr_zero(word));
      }
    }
    return numbers;
  }

 private:
  std::vector<std::uint64_t> bits_;
  std::unordered_set<std::int64_t> set_;
};

}  // namespace

std::vector<std::int64_t> random_units(std::uint64_t seed, std::int64_t row, std::int64_t count, std::int64_t below) {
  Chosen chosen(count, below);
  for (std::int64_t last = below - count; last < below; ++last) {
    const auto bits = core::random_bits(seed, static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(last));
    if (!chosen.insert(static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(last + 1)))) chosen.insert(last);
  }
  return chosen.ascending();
}

}  // namespace spanwise::patterns
