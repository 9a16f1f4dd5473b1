// SPDX-License-Identifier: Apache-2.0
// Small random cases for comparison with the oracle: case `index` of a seed is always the same.
#pragma once

#include <cstdint>

#include "core/random.h"
#include "patterns/case.h"
#include "patterns/tile_count.h"

namespace spanwise::oracle {

class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t index) : seed_(seed), index_(index) {}
  // Uniform in [low, high].
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    const std::uint64_t bits = core::random_bits(seed_, index_, next_++);
    return low + static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return roll(1, n) == 1; }

 private:
  std::uint64_t seed_, index_, next_ = 0;
};

// Every kind of pattern that the tiling knows, over 1 to 3 axes.
patterns::CountRequest random_request(std::uint64_t seed, std::uint64_t index);

// One long axis in small tiles, so that counting meets whole periods of equal tiles.
patterns::CountRequest random_long_request(std::uint64_t seed, std::uint64_t index);

// Long lines and stacks of planes with periods short enough that most rows repeat.
patterns::CountRequest random_repeating_request(std::uint64_t seed, std::uint64_t index);

// For masks and lists: a grid with or without extra tokens, q_len below, at or above kv_len.
patterns::Case random_case(std::uint64_t seed, std::uint64_t index);

// The seed of the tests: fixed, so that a failure repeats; SPANWISE_TEST_SEED=N tries others.
std::uint64_t test_seed();

}  // namespace spanwise::oracle
