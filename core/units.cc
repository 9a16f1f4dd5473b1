// SPDX-License-Identifier: Apache-2.0
#include "core/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace spanwise::core {
namespace {

constexpr double kKi = 1024.0;

constexpr std::array<UnitSuffix, 9> kByteSuffixes = {{{"B", 1},
                                                      {"kB", 1e3},
                                                      {"KiB", kKi},
                                                      {"MB", 1e6},
                                                      {"MiB", kKi* kKi},
                                                      {"GB", 1e9},
                                                      {"GiB", kKi* kKi* kKi},
                                                      {"TB", 1e12},
                                                      {"TiB", kKi* kKi* kKi* kKi}}};
constexpr std::array<UnitSuffix, 6> kFlopSuffixes = {
    {{"FLOP", 1}, {"kFLOP", 1e3}, {"MFLOP", 1e6}, {"GFLOP", 1e9}, {"TFLOP", 1e12}, {"PFLOP", 1e15}}};
constexpr std::array<UnitSuffix, 4> kSecondSuffixes = {{{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
constexpr std::array<UnitSuffix, 4> kHertzSuffixes = {{{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}};
constexpr std::array<UnitSuffix, 5> kBandwidthSuffixes = {
    {{"B/s", 1}, {"kB/s", 1e3}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12}}};
constexpr std::array<UnitSuffix, 6> kRateSuffixes = {{{"FLOP/s", 1},
                                                      {"kFLOP/s", 1e3},
                                                      {"MFLOP/s", 1e6},
                                                      {"GFLOP/s", 1e9},
                                                      {"TFLOP/s", 1e12},
                                                      {"PFLOP/s", 1e15}}};

// Suffixes below 1 are inverses of whole numbers, which doubles hold exactly: 2.5 us is 2.5 / 1e6, the double
// that is nearest to 2.5e-6, and 2.5 * 1e-6 is not.
double to_base(double number, const UnitSuffix& suffix) {
  return suffix.factor < 1 ? number / std::round(1 / suffix.factor) : number * suffix.factor;
}
double from_base(double value, const UnitSuffix& suffix) {
  return suffix.factor < 1 ? value * std::round(1 / suffix.factor) : value / suffix.factor;
}

Diagnostics expected(const UnitKind& kind, std::string_view text) {
  return fail(Fault::kInput, fmt::format("expected a {} such as '{}', not '{}'", kind.name, kind.example,
                                         text.substr(0, 60)));
}

// Binary prefixes are read but printed only when the value is a whole number of them, as sizes of memories
// are.
bool is_binary(const UnitSuffix& suffix) {
  return suffix.text.find('i') != std::string_view::npos;
}

UnitSuffix pick(double value, const UnitKind& kind) {
  UnitSuffix best = kind.suffixes.front();
  for (const auto& suffix : kind.suffixes) {
    if (std::abs(value) < suffix.factor) continue;
    const double count = value / suffix.factor;
    if (is_binary(suffix) ? count == std::floor(count) && count < kKi * 16 : true) best = suffix;
  }
  // A decimal suffix above a binary one that divides the value exactly would print "52.4288 MB" for 50 MiB.
  for (const auto& suffix : kind.suffixes) {
    const double count = value / suffix.factor;
    const double decimal = value / best.factor;
    if (is_binary(suffix) && count >= 1 && count == std::floor(count) && decimal != std::floor(decimal))
      best = suffix;
  }
  return best;
}

// The value in this suffix with the fewest digits that read back as the same value; empty when none do.
std::string print_in(double value, const UnitSuffix& suffix, const UnitKind& kind) {
  for (const int digits : {15, 16, 17}) {
    const auto number = fmt::format("{:.{}g}", from_base(value, suffix), digits);
    double rounded = 0;
    std::from_chars(number.data(), number.data() + number.size(), rounded);
    auto text = fmt::format("{} {}", rounded, suffix.text);
    if (const auto back = parse_quantity(text, kind); back && *back == value) return text;
  }
  return {};
}

}  // namespace

const UnitKind BytesUnit::kKind = {"size", "50 MiB", kByteSuffixes};
const UnitKind FlopsUnit::kKind = {"number of operations", "3 GFLOP", kFlopSuffixes};
const UnitKind SecondsUnit::kKind = {"time", "2.4 us", kSecondSuffixes};
const UnitKind HertzUnit::kKind = {"frequency", "1.83 GHz", kHertzSuffixes};
const UnitKind BytesPerSecondUnit::kKind = {"bandwidth", "4.8 TB/s", kBandwidthSuffixes};
const UnitKind FlopsPerSecondUnit::kKind = {"rate", "989 TFLOP/s", kRateSuffixes};

Result<double> parse_quantity(std::string_view text, const UnitKind& kind) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return expected(kind, text);
  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  while (!suffix.empty() && suffix.front() == ' ') suffix.remove_prefix(1);
  if (suffix.empty() && number == 0) return 0.0;
  for (const auto& candidate : kind.suffixes) {
    if (candidate.text != suffix) continue;
    const double value = to_base(number, candidate);
    if (!std::isfinite(value)) return expected(kind, text);
    return value;
  }
  return expected(kind, text);
}

std::string print_quantity(double value, const UnitKind& kind) {
  // Division and multiplication by a power of ten need not cancel, and the quotient may carry a last digit
  // too many: take the fewest digits that read back, in another suffix if need be (the base unit always
  // does).
  if (const auto text = print_in(value, pick(value, kind), kind); !text.empty()) return text;
  for (const auto& suffix : kind.suffixes) {
    if (const auto text = print_in(value, suffix, kind); !text.empty()) return text;
  }
  return fmt::format("{} {}", from_base(value, kind.suffixes.front()), kind.suffixes.front().text);
}

std::string print_quantity(double value, const UnitKind& kind, int digits) {
  const auto best = pick(value, kind);
  const double number = from_base(value, best);
  const int integer_digits = number >= 1 ? static_cast<int>(std::floor(std::log10(number))) + 1 : 1;
  return fmt::format("{:.{}f} {}", number, std::max(0, digits - integer_digits), best.text);
}

}  // namespace spanwise::core
