// SPDX-License-Identifier: Apache-2.0
#include "core/units.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace spanwise::core {
namespace {

struct Reading {
  const UnitKind& kind;
  const char* text;
  double value;
};

// Written out by hand: a table with a T ten times too large, as one well-known tool has it, must not pass.
const Reading kReadings[] = {
    {BytesUnit::kKind, "1 B", 1},
    {BytesUnit::kKind, "1 kB", 1000},
    {BytesUnit::kKind, "1 KiB", 1024},
    {BytesUnit::kKind, "1 MB", 1000000},
    {BytesUnit::kKind, "1 MiB", 1048576},
    {BytesUnit::kKind, "1 GB", 1000000000},
    {BytesUnit::kKind, "1 GiB", 1073741824},
    {BytesUnit::kKind, "1 TB", 1000000000000},
    {BytesUnit::kKind, "1 TiB", 1099511627776},
    {BytesUnit::kKind, "50 MiB", 52428800},
    {FlopsUnit::kKind, "1 FLOP", 1},
    {FlopsUnit::kKind, "1 kFLOP", 1000},
    {FlopsUnit::kKind, "1 MFLOP", 1000000},
    {FlopsUnit::kKind, "1 GFLOP", 1000000000},
    {FlopsUnit::kKind, "1 TFLOP", 1000000000000},
    {FlopsUnit::kKind, "1 PFLOP", 1000000000000000},
    {SecondsUnit::kKind, "1 ns", 0.000000001},
    {SecondsUnit::kKind, "1 us", 0.000001},
    {SecondsUnit::kKind, "1 ms", 0.001},
    {SecondsUnit::kKind, "1 s", 1},
    {HertzUnit::kKind, "1 Hz", 1},
    {HertzUnit::kKind, "1 kHz", 1000},
    {HertzUnit::kKind, "1 MHz", 1000000},
    {HertzUnit::kKind, "1.98 GHz", 1980000000},
    {BytesPerSecondUnit::kKind, "1 B/s", 1},
    {BytesPerSecondUnit::kKind, "1 kB/s", 1000},
    {BytesPerSecondUnit::kKind, "1 MB/s", 1000000},
    {BytesPerSecondUnit::kKind, "1 GB/s", 1000000000},
    {BytesPerSecondUnit::kKind, "4.8 TB/s", 4800000000000},
    {FlopsPerSecondUnit::kKind, "1 FLOP/s", 1},
    {FlopsPerSecondUnit::kKind, "1 kFLOP/s", 1000},
    {FlopsPerSecondUnit::kKind, "1 MFLOP/s", 1000000},
    {FlopsPerSecondUnit::kKind, "1 GFLOP/s", 1000000000},
    {FlopsPerSecondUnit::kKind, "989 TFLOP/s", 989000000000000},
    {FlopsPerSecondUnit::kKind, "1 PFLOP/s", 1000000000000000},
};

const UnitKind* const kKinds[] = {&BytesUnit::kKind, &FlopsUnit::kKind,          &SecondsUnit::kKind,
                                  &HertzUnit::kKind, &BytesPerSecondUnit::kKind, &FlopsPerSecondUnit::kKind};

TEST_CASE("every suffix means its power of 1000 or 1024") {
  for (const auto& [kind, text, value] : kReadings) {
    CAPTURE(text);
    const auto read = parse_quantity(text, kind);
    REQUIRE(read);
    CHECK(*read == doctest::Approx(value).epsilon(1e-15));
  }
  std::size_t suffixes = 0;
  for (const auto* kind : kKinds) suffixes += kind->suffixes.size();
  CHECK(suffixes == std::size(kReadings) - 1);  // each once, MiB twice: a new suffix needs its row
}

TEST_CASE("suffixes ascend, as printing relies on") {
  for (const auto* kind : kKinds) {
    for (std::size_t i = 1; i < kind->suffixes.size(); ++i) {
      CHECK(kind->suffixes[i - 1].factor < kind->suffixes[i].factor);
    }
  }
}

TEST_CASE("spelling is exact") {
  for (const char* text : {"",       "1",       "B",       "1 b",  "1 KB",  "1 kiB", "1 mB",
                           "1 Mb",   "1 MiB/s", "1  MB x", "-1 B", "inf B", "nan B", "1e400 B",
                           "0x10 B", "1,5 GB",  "1 000 B", "+1 B", " 1 B",  "1e B",  "1e308 TB"}) {
    CAPTURE(text);
    const auto read = parse_quantity(text, BytesUnit::kKind);
    REQUIRE_FALSE(read);
    CHECK(read.error().front().message.find("50 MiB") != std::string::npos);
  }
  CHECK(*parse_quantity("0", BytesUnit::kKind) == 0);
  CHECK(*parse_quantity("1.5GB", BytesUnit::kKind) == 1.5e9);
  CHECK(*parse_quantity("2e3 kB", BytesUnit::kKind) == 2e6);
  CHECK_FALSE(parse_quantity("1 s", HertzUnit::kKind));
}

TEST_CASE("printing picks the suffix that people would") {
  CHECK(print(Bytes{52428800}) == "50 MiB");
  CHECK(print(Bytes{50e6}) == "50 MB");
  CHECK(print(Bytes{80e9}) == "80 GB");
  CHECK(print(Bytes{0}) == "0 B");
  CHECK(print(BytesPerSecond{4.8e12}) == "4.8 TB/s");
  CHECK(print(FlopsPerSecond{989e12}) == "989 TFLOP/s");
  CHECK(print(Seconds{2.5e-6}) == "2.5 us");
  CHECK(print(Seconds{90}) == "90 s");
  CHECK(print(Seconds{0.00123456}, 3) == "1.23 ms");
  CHECK(print(Hertz{1.83e9}, 2) == "1.8 GHz");
}

TEST_CASE("what is printed reads back as the same value") {
  CHECK(rc::check([](std::uint64_t mantissa, std::uint8_t exponent, std::uint8_t which) {
    const auto& kind = *kKinds[which % std::size(kKinds)];
    const double value = std::ldexp(static_cast<double>(mantissa), exponent / 4 - 64);
    const auto text = print_quantity(value, kind);
    const auto back = parse_quantity(text, kind);
    RC_ASSERT(static_cast<bool>(back));
    RC_ASSERT(*back == value);
  }));
  CHECK(rc::check("whole bytes", [](std::uint32_t bytes) {
    RC_ASSERT(*parse_quantity(print(Bytes{static_cast<double>(bytes)}), BytesUnit::kKind) == bytes);
  }));
}

TEST_CASE("arithmetic keeps units apart") {
  const Seconds time = Bytes{9.6e12} / BytesPerSecond{4.8e12};
  CHECK(time.value == 2.0);
  CHECK((Flops{3e12} / FlopsPerSecond{1e12}).value == 3.0);
  CHECK(Seconds{6} / Seconds{3} == 2.0);
  CHECK(Seconds{1} + Seconds{2} > Seconds{2.5});
  CHECK((Bytes{8} - Bytes{2}) / 3 == Bytes{2} * 1.0);
  static_assert(!std::is_convertible_v<Bytes, Flops> && !std::is_convertible_v<Bytes, double>);
}

}  // namespace
}  // namespace spanwise::core
