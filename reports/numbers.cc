// SPDX-License-Identifier: Apache-2.0
#include "reports/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/units.h"

namespace spanwise::reports {
namespace {

// From here on powers of ten are shorter than digits.
constexpr double kTooLong = 1e12;

// "2e-07" -> "2e-7", "1e+06" -> "1e6".
std::string tidy_exponent(std::string text) {
  const auto e = text.find('e');
  if (e == std::string::npos) return text;
  std::size_t digits = e + 1;
  if (text[digits] == '+') text.erase(digits, 1);
  if (text[digits] == '-') ++digits;
  while (text[digits] == '0' && digits + 1 < text.size()) text.erase(digits, 1);
  return text;
}

// Decimals that leave a number of this size two or three digits.
int decimals_for(double value) {
  if (value >= 100) return 0;
  if (value >= 1) return 1;
  return value >= 0.1 ? 2 : 3;
}

}  // namespace

std::string fixed(double value, int decimals) {
  if (std::abs(value) >= kTooLong) return tidy_exponent(fmt::format("{:.2e}", value));
  auto text = fmt::format("{:.{}f}", value, decimals);
  if (text.front() == '-' && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::optional<double> speedup(double reference_seconds, double seconds) {
  if (seconds == 0) return std::nullopt;
  const double factor = reference_seconds / seconds;
  if (!std::isfinite(factor)) return std::nullopt;
  return factor;
}

int speedup_decimals(std::span<const double> speedups) {
  const bool near_one = std::any_of(speedups.begin(), speedups.end(), [](double x) { return x < 1.25; });
  return near_one ? 2 : 1;
}

std::string speedup_text(std::optional<double> factor, int decimals) {
  return factor ? fixed(*factor, decimals) + "x" : "-";
}

std::string speedup_text(std::optional<double> factor) {
  return speedup_text(factor, !factor || *factor < 10 ? 2 : *factor < 100 ? 1 : 0);
}

TimeScale time_scale(std::span<const double> seconds) {
  double largest = 0, smallest = std::numeric_limits<double>::infinity();
  for (const double value : seconds) {
    if (value <= 0) continue;
    largest = std::max(largest, value);
    smallest = std::min(smallest, value);
  }
  TimeScale scale;
  if (largest > 0 && largest < 1e-3) scale = {1e6, "us", 1};
  if (largest >= 1e3) scale = {1, "s", 1};
  const double least = smallest * scale.per_second;
  scale.decimals = least >= 1000 && largest > 0 ? 0 : std::max(1, decimals_for(least));
  return scale;
}

std::string TimeScale::range(Interval seconds) const {
  const double low = seconds.low * per_second, high = seconds.high * per_second;
  int digits = decimals_for(low);
  // Ends that differ should look different, as far as three decimals can show it.
  while (digits < 3 && low != high && fixed(low, digits) == fixed(high, digits)) ++digits;
  return fmt::format("{}..{}", fixed(low, digits), fixed(high, digits));
}

std::string time_text(double seconds) {
  return core::print(core::Seconds{seconds}, 3);
}

std::string percent(double share) {
  const double value = share * 100;
  if (std::abs(value) >= 9.95 || value == 0) return fixed(value, 0) + " %";
  if (std::abs(value) < 0.01) return magnitude(value) + " %";
  auto text = fixed(value, std::abs(value) < 0.1 ? 3 : std::abs(value) < 1 ? 2 : 1);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

std::string signed_percent(double share) {
  return (share > 0 ? "+" : "") + percent(share);
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 1e-3 || size >= 1e7) return tidy_exponent(fmt::format("{:.2g}", value));
  if (size >= 100) return fixed(value, 0);
  return size < 1 ? fmt::format("{:.2g}", value) : fmt::format("{:.3g}", value);
}

std::string limit_text(double value) {
  if (value == 0) return "0";
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 3);
  // The slack keeps a value of four digits as it is.
  return tidy_exponent(fmt::format("{:.4g}", std::ceil(value / unit - 1e-6) * unit));
}

std::string without_leading_zero(std::string number) {
  const std::size_t sign = number.front() == '-' ? 1 : 0;
  if (number.compare(sign, 2, "0.") == 0) number.erase(sign, 1);
  return number;
}

std::string magnitude(double value) {
  return value == 0 ? "0" : tidy_exponent(fmt::format("{:.0e}", value));
}

std::string token_count(std::int64_t tokens) {
  if (tokens % 1024 == 0 && tokens != 0) return fmt::format("{}k", tokens / 1024);
  if (tokens < 1000) return fmt::format("{}", tokens);
  const double thousands = static_cast<double>(tokens) / 1000;
  return fixed(thousands, tokens < 10000 ? 1 : 0) + "k";
}

}  // namespace spanwise::reports
