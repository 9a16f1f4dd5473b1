// SPDX-License-Identifier: Apache-2.0
#include "core/int128.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace spanwise::core {
namespace {

TEST_CASE("counts print exactly up to the largest") {
  CHECK(to_string(0) == "0");
  CHECK(to_string(9) == "9");
  CHECK(to_string(18446744073709551615ull) == "18446744073709551615");
  CHECK(to_string(Count{1} << 64) == "18446744073709551616");
  CHECK(to_string(~Count{0}) == "340282366920938463463374607431768211455");
  CHECK(rc::check([](std::uint64_t value) { RC_ASSERT(to_string(value) == std::to_string(value)); }));
}

TEST_CASE("products that do not fit saturate") {
  constexpr Count kLargest = ~Count{0};
  CHECK(saturating_multiply(Count{1} << 64, Count{1} << 63) == Count{1} << 127);
  CHECK(saturating_multiply(Count{1} << 64, Count{1} << 64) == kLargest);
  CHECK(saturating_multiply(kLargest, 1) == kLargest);
  CHECK(saturating_multiply(kLargest, 0) == 0);
  CHECK(saturating_multiply(kLargest / 3, 3) == kLargest);
  CHECK(saturating_multiply(kLargest / 3, 4) == kLargest);
}

TEST_CASE("ceil_div rounds up") {
  CHECK(ceil_div(0, 4) == 0);
  CHECK(ceil_div(1, 4) == 1);
  CHECK(ceil_div(4, 4) == 1);
  CHECK(ceil_div(5, 4) == 2);
}

}  // namespace
}  // namespace spanwise::core
