// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. None depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "reports/report_model.h"

namespace spanwise::reports {

// "412.0"; never "-0.0"; "1.23e15" when digits would be too many.
std::string fixed(double value, int decimals);

// reference / seconds; absent when that is no finite number.
std::optional<double> speedup(double reference_seconds, double seconds);

// Decimals that tell the speedups of one column apart: 2 when one is near or below 1, else 1.
int speedup_decimals(std::span<const double> speedups);
std::string speedup_text(std::optional<double> speedup, int decimals);  // "2.0x", "-"
std::string speedup_text(std::optional<double> speedup);  // three digits: "2.04x", "11.4x", "131x"

// One unit and one number of decimals for all times of a column.
struct TimeScale {
  double per_second = 1e3;
  const char* unit = "ms";
  int decimals = 1;
  std::string text(double seconds) const { return fixed(seconds * per_second, decimals); }
  std::string range(Interval seconds) const;  // "190..224"
};
TimeScale time_scale(std::span<const double> seconds);

// A time by itself, three digits: "412 ms".
std::string time_text(double seconds);

std::string percent(double share);         // "50 %", "1.5 %"
std::string signed_percent(double share);  // "+1.5 %"
std::string short_number(double value);    // two or three digits: "0.052", "12.3", "3.1e-5"
std::string limit_text(double value);  // four digits, rounded up: what is asked for must still be reachable
std::string without_leading_zero(std::string number);  // ".052"
std::string magnitude(double value);                   // "2e-7": one digit, for gaps and errors
std::string token_count(std::int64_t tokens);          // "32k" for 32768, "6.1k", "512"

}  // namespace spanwise::reports
