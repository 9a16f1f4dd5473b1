// SPDX-License-Identifier: Apache-2.0
#include "reports/numbers.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <charconv>
#include <cmath>
#include <vector>

using namespace spanwise::reports;  // NOLINT: a test

namespace {

double read_number(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  RC_ASSERT(result.ec == std::errc{});
  RC_ASSERT(result.ptr == text.data() + text.size());
  return value;
}

}  // namespace

TEST_CASE("numbers for people") {
  CHECK(fixed(412.04, 1) == "412.0");
  CHECK(fixed(-0.001, 1) == "0.0");
  CHECK(fixed(-0.06, 1) == "-0.1");
  CHECK(fixed(1.234e15, 1) == "1.23e15");
  CHECK(percent(0.5) == "50 %");
  CHECK(percent(0.234) == "23 %");
  CHECK(percent(0.0996) == "10 %");
  CHECK(percent(0.0317) == "3.2 %");
  CHECK(percent(0.09) == "9 %");
  CHECK(percent(0.00075) == "0.075 %");
  CHECK(percent(0.0075) == "0.75 %");
  CHECK(percent(0.000001) == "1e-4 %");
  CHECK(percent(0) == "0 %");
  CHECK(signed_percent(0.0044) == "+0.44 %");
  CHECK(signed_percent(-0.02) == "-2 %");
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.05213) == "0.052");
  CHECK(short_number(1.0) == "1");
  CHECK(short_number(12.345) == "12.3");
  CHECK(short_number(1234.5) == "1234");
  CHECK(short_number(3.14159e-5) == "3.1e-5");
  CHECK(short_number(-0.5) == "-0.5");
  CHECK(without_leading_zero("0.05") == ".05");
  CHECK(without_leading_zero("-0.05") == "-.05");
  CHECK(without_leading_zero("0") == "0");
  CHECK(without_leading_zero("10.5") == "10.5");
  CHECK(magnitude(2.3e-7) == "2e-7");
  CHECK(magnitude(0) == "0");
  CHECK(magnitude(1) == "1e0");
  CHECK(time_text(0.412) == "412 ms");
  CHECK(time_text(0) == "0.00 ns");
  CHECK(token_count(512) == "512");
  CHECK(token_count(6144) == "6k");
  CHECK(token_count(6100) == "6.1k");
  CHECK(token_count(131072) == "128k");
  CHECK(token_count(115456) == "115k");
  CHECK(token_count(0) == "0");
}

TEST_CASE("speedups exist only where a quotient does") {
  CHECK(speedup(2, 1) == 2.0);
  CHECK_FALSE(speedup(2, 0).has_value());
  CHECK_FALSE(speedup(1e300, 1e-300).has_value());
  CHECK(speedup_text(std::nullopt) == "-");
  CHECK(speedup_text(2.041) == "2.04x");
  CHECK(speedup_text(11.41) == "11.4x");
  CHECK(speedup_text(131.2) == "131x");
  CHECK(speedup_decimals(std::vector<double>{2.0, 1.3}) == 1);
  CHECK(speedup_decimals(std::vector<double>{2.0, 1.04}) == 2);
}

TEST_CASE("one unit and one number of decimals for a column of times") {
  const auto text = [](std::vector<double> seconds) {
    const auto scale = time_scale(seconds);
    return scale.text(seconds[0]) + " " + scale.unit;
  };
  CHECK(text({0.412, 0.206, 0.0091}) == "412.0 ms");
  CHECK(text({0.0091, 0.00044}) == "9.10 ms");
  CHECK(text({2.5e-5}) == "25.0 us");
  CHECK(text({11.82, 5.86}) == "11820 ms");
  CHECK(text({2500.0}) == "2500 s");
  CHECK(text({0.0}) == "0.0 ms");
  CHECK(TimeScale{}.range({0.190, 0.224}) == "190..224");
  CHECK(TimeScale{}.range({0.0040, 0.0049}) == "4.0..4.9");
  CHECK(TimeScale{}.range({0.1001, 0.1003}) == "100.1..100.3");
  CHECK(TimeScale{}.range({0.1, 0.1}) == "100..100");
}

TEST_CASE("a limit is never rounded below what can be reached") {
  CHECK(limit_text(0.23131) == "0.2314");
  CHECK(limit_text(0.2313) == "0.2313");
  CHECK(limit_text(0.2) == "0.2");
  CHECK(limit_text(0) == "0");
  CHECK(rc::check("limit_text", [] {
    const double value = std::ldexp(*rc::gen::inRange(1, 1 << 30), *rc::gen::inRange(-60, 60));
    const double shown = read_number(limit_text(value));
    RC_ASSERT(shown >= value * (1 - 1e-9));
    RC_ASSERT(shown <= value * 1.0011);
  }));
}

TEST_CASE("short numbers are near their value") {
  CHECK(rc::check("short_number", [] {
    const double value = std::ldexp(*rc::gen::inRange(-(1 << 30), 1 << 30), *rc::gen::inRange(-80, 60));
    const double shown = read_number(short_number(value));
    RC_ASSERT(std::abs(shown - value) <= 0.051 * std::abs(value));
  }));
}
