// SPDX-License-Identifier: Apache-2.0
// Quantities with units as types: a bandwidth cannot be passed where a size is expected, and every number in a
// file carries its unit. Values are held in base units (bytes, seconds, hertz, ...).
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace spanwise::core {

struct UnitSuffix {
  std::string_view text;
  double factor;
};

// What a kind of quantity is called, an example for error messages, and the suffixes it reads. SI prefixes are
// powers of 1000, Ki/Mi/Gi/Ti powers of 1024; the two are never mixed up.
struct UnitKind {
  std::string_view name;
  std::string_view example;
  std::span<const UnitSuffix> suffixes;  // ascending; printing picks from these
};

struct BytesUnit { static const UnitKind kKind; };
struct FlopsUnit { static const UnitKind kKind; };
struct SecondsUnit { static const UnitKind kKind; };
struct HertzUnit { static const UnitKind kKind; };
struct BytesPerSecondUnit { static const UnitKind kKind; };
struct FlopsPerSecondUnit { static const UnitKind kKind; };

template <class Unit>
struct Quantity {
  double value = 0.0;

  constexpr auto operator<=>(const Quantity&) const = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  friend constexpr Quantity operator*(Quantity a, double b) { return {a.value * b}; }
  friend constexpr Quantity operator*(double a, Quantity b) { return {a * b.value}; }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
  friend constexpr Quantity operator/(Quantity a, double b) { return {a.value / b}; }
};

using Bytes = Quantity<BytesUnit>;
using Flops = Quantity<FlopsUnit>;
using Seconds = Quantity<SecondsUnit>;
using Hertz = Quantity<HertzUnit>;
using BytesPerSecond = Quantity<BytesPerSecondUnit>;
using FlopsPerSecond = Quantity<FlopsPerSecondUnit>;

constexpr Seconds operator/(Bytes a, BytesPerSecond b) { return {a.value / b.value}; }
constexpr Seconds operator/(Flops a, FlopsPerSecond b) { return {a.value / b.value}; }

// "4.8 TB/s" -> 4.8e12. The number is finite and not negative, the unit is required (a bare 0 is allowed).
Result<double> parse_quantity(std::string_view text, const UnitKind& kind);

// Shortest text that reads back as the same value, in the largest suffix that keeps the number at 1 or above.
std::string print_quantity(double value, const UnitKind& kind);

// The same for people: `digits` significant digits, "1.23 ms".
std::string print_quantity(double value, const UnitKind& kind, int digits);

template <class Unit>
Result<Quantity<Unit>> parse(std::string_view text) {
  auto value = parse_quantity(text, Unit::kKind);
  if (!value) return value.error();
  return Quantity<Unit>{*value};
}

template <class Unit>
std::string print(Quantity<Unit> quantity) {
  return print_quantity(quantity.value, Unit::kKind);
}

template <class Unit>
std::string print(Quantity<Unit> quantity, int digits) {
  return print_quantity(quantity.value, Unit::kKind, digits);
}

}  // namespace spanwise::core
