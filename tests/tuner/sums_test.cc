// SPDX-License-Identifier: Apache-2.0
// Exact sums, the search's and the checker's, against integers of any size.
#include <doctest/doctest.h>

#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>

#include "core/random.h"
#include "tests/tuner/random_problem.h"
#include "tuner/amount.h"
#include "tuner/checker_groups.h"
#include "tuner/checker_sum.h"
#include "tuner/exact_sum.h"

using namespace spanwise;
using boost::multiprecision::cpp_int;
using tests::Dice;

namespace {

// x * 2^1074, an integer for every finite double.
cpp_int scaled(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  const cpp_int mantissa = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  const int shift = exponent - 53 + 1074;
  if (shift >= 0) return mantissa << shift;
  return mantissa >> -shift;
}

// The double nearest to n / 2^1074, ties to even: the better of the two around it.
double rounded(const cpp_int& n) {
  if (n == 0) return 0.0;
  if (n < 0) return -rounded(-n);
  // Truncation to 53 bits gives the lower neighbour.
  const auto bits = static_cast<int>(msb(n)) + 1;
  const int drop = std::max(0, bits - 53);
  const auto head = static_cast<std::uint64_t>(n >> drop);
  const double low = std::ldexp(static_cast<double>(head), drop - 1074);
  const double high = std::nextafter(low, std::numeric_limits<double>::infinity());
  const cpp_int below = n - scaled(low), above = scaled(high) - n;
  if (below != above) return below < above ? low : high;
  return (std::bit_cast<std::uint64_t>(low) & 1) == 0 ? low : high;
}

double random_double(Dice& dice, int spread) {
  const double x = std::ldexp(0.5 + dice.unit(), dice.below(2 * spread + 1) - spread);
  return dice.chance(0.5) ? x : -x;
}

}  // namespace

TEST_CASE("both accumulators round the exact sum once, in any order") {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    constexpr int kSpreads[] = {0, 3, 30, 60, 300, 1000};
    const int spread = kSpreads[dice.below(6)];
    std::vector<double> numbers;
    cpp_int exact = 0;
    const int count = dice.below(60);
    for (int i = 0; i < count; ++i) {
      double x = random_double(dice, spread);
      // Near cancellation, and halves that must go to even.
      if (!numbers.empty() && dice.chance(0.3))
        x = -numbers.back() * (dice.chance(0.5) ? 1.0 : 1.0 + 0x1.0p-52);
      if (dice.chance(0.1)) x = std::ldexp(1.0, std::ilogb(x) - 53);
      numbers.push_back(x);
      exact += scaled(x);
    }
    const double expected = rounded(exact);
    tuner::ExactSum partials;
    tuner::WideSum wide;
    for (const double x : numbers) {
      partials.add(x);
      wide.add(x);
    }
    CHECK(partials.value() == expected);
    CHECK(wide.value() == expected);
    dice.shuffle(numbers);
    tuner::ExactSum again;
    for (const double x : numbers) again.add(x);
    CHECK(again.value() == expected);
  }
}

TEST_CASE("accumulators at the ends of the range") {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double large = std::numeric_limits<double>::max();
  for (const auto& [a, b, sum] : {std::tuple{tiny, tiny, 2 * tiny},
                                  {large, -large, 0.0},
                                  {large / 2, large / 2, large},
                                  {-tiny, tiny, 0.0},
                                  {1.0, tiny, 1.0},
                                  {-0.0, -0.0, 0.0}}) {
    tuner::ExactSum partials;
    tuner::WideSum wide;
    for (const double x : {a, b}) {
      partials.add(x);
      wide.add(x);
    }
    CHECK(partials.value() == sum);
    CHECK(wide.value() == sum);
    CHECK(!std::signbit(partials.value() == 0.0 ? partials.value() : 1.0));
  }
}

TEST_CASE("amounts add up exactly, round once and stop at a limit exactly") {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const int spread = 1 + dice.below(20);  // within the range that loses no bit
    const int shift = dice.below(1600) - 800;
    const auto count = static_cast<std::size_t>(1 + dice.below(50));
    std::vector<double> numbers;
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      numbers.push_back(std::ldexp(random_double(dice, spread), shift));
      largest = std::max(largest, std::fabs(numbers.back()));
    }
    const auto scale = tuner::AmountScale::fit(largest, count);
    tuner::Amount nearest = 0, up = 0;
    cpp_int exact = 0;
    for (const double x : numbers) {
      nearest += scale.nearest(x);
      up += scale.up(x);
      exact += scaled(x);
    }
    const double sum = rounded(exact);
    CHECK(scale.number(nearest) == sum);
    CHECK((up == nearest));
    // The amount keeps a limit of its own rounded value, and no smaller one.
    CHECK((nearest <= scale.largest_within(sum)));
    CHECK((nearest > scale.largest_within(std::nextafter(sum, -std::numeric_limits<double>::infinity()))));
    // The last amount within rounds to at most the limit, the next one does not.
    const auto last = scale.largest_within(sum);
    CHECK(scale.number(last) <= sum);
    CHECK(scale.number(last + 1) > sum);
    CHECK((scale.largest_within(std::numeric_limits<double>::infinity()) > nearest));
  }
}

TEST_CASE("the checker's grid agrees with its definition") {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    tuner::IntegerGrid grid;
    std::vector<double> numbers;
    for (int i = 0; i < 20; ++i) {
      numbers.push_back(random_double(dice, 8));
      grid.cover(numbers.back());
    }
    grid.fix(numbers.size());
    tuner::WideInteger units = 0;
    cpp_int exact = 0;
    for (const double x : numbers) {
      units += grid.units(x);
      exact += scaled(x);
    }
    CHECK(grid.exact());
    const double sum = rounded(exact);
    CHECK(static_cast<double>(units) * grid.unit() == sum);
    CHECK((units <= grid.room(sum)));
    CHECK((units > grid.room(std::nextafter(sum, -std::numeric_limits<double>::infinity()))));
    CHECK(static_cast<double>(grid.room(sum)) * grid.unit() <= sum);
    CHECK(static_cast<double>(grid.room(sum) + 1) * grid.unit() > sum);
  }
}

TEST_CASE("costs that lose bits are rounded up, so that a limit still holds") {
  const auto scale = tuner::AmountScale::fit(1e30, 100);
  for (const double x : {1e-9, 3.3e-12, 1e-300}) {
    CHECK(scale.number(scale.up(x)) >= x);
    CHECK(scale.number(scale.nearest(x)) <= x + 1e-3);
  }
  CHECK((scale.up(-1e-300) == 0));
  CHECK((scale.up(1e-300) == 1));
}

TEST_CASE("products of 128 bits compare exactly") {
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    Dice dice(seed);
    const auto number = [&](std::uint64_t i) {
      const auto high = core::random_bits(seed, 5, 2 * i), low = core::random_bits(seed, 5, 2 * i + 1);
      return static_cast<tuner::Amount>(((static_cast<tuner::WideInteger>(high >> 1) << 64) | low) >>
                                        dice.below(126));
    };
    const auto a = number(0), b = number(1), c = dice.chance(0.3) ? b : number(2),
               d = dice.chance(0.3) ? a : number(3);
    const auto wide = [](tuner::Amount x) { return cpp_int(x); };
    CHECK(tuner::product_less(a, b, c, d) == (wide(a) * wide(b) < wide(c) * wide(d)));
  }
}
