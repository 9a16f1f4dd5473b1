// SPDX-License-Identifier: Apache-2.0
#include "core/documents/map_reader.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "core/int128.h"
#include "first_error.h"

namespace spanwise::documents {
namespace {

// Reads one document with a schema of the test's own; "good" or every error, one a line.
template <class Schema>
std::string read(std::string_view text, Schema schema) {
  const auto document = parse_yaml(text, "f");
  if (!document) return brief(document);
  Context context("f");
  schema(document->root, context);
  return context.ok() ? "good" : brief(core::Result<core::Done>(context.take()));
}

TEST_CASE("integers are decimal, whole and in range") {
  const auto integer = [](std::string_view text, IntegerRange range = {}) {
    return read(text, [range](const Node& n, Context& c) { read_integer(n, c, "x", range); });
  };
  for (const char* good : {"0", "7", "-3", "9223372036854775807", "-9223372036854775808"})
    CHECK(integer(good) == "good");
  for (const char* bad : {"010", "00", "-01", "1e3", "1.0", "+1", "0x1F", "1_000", "'7'", "true", "1 2", "-",
                          "12:30", "\xe2\x91\xa0"}) {
    CAPTURE(bad);
    CHECK(integer(bad).starts_with("1:1 'x' must be a decimal integer, not "));
  }
  CHECK(integer("9223372036854775808") == "1:1 'x' is 9223372036854775808, which is out of range");
  CHECK(integer("5", {1, 4}) == "1:1 'x' is 5, which is out of range");
  CHECK(integer("0", {1, 4}) == "1:1 'x' is 0, which is out of range");
  CHECK(integer("[1]") == "1:1 'x' must be a decimal integer, not a list");
  CHECK(integer("{a: 1}") == "1:1 'x' must be a decimal integer, not a map");
  CHECK(integer("~") == "1:1 'x' must be a decimal integer, not nothing");
}

TEST_CASE("numbers are finite") {
  const auto number = [](std::string_view text, NumberRange range = {}) {
    return read(text, [range](const Node& n, Context& c) { read_number(n, c, "x", range); });
  };
  for (const char* good : {"0", "-1.5", "1e3", "2.5E-7", "1e-320", "0.5"}) CHECK(number(good) == "good");
  for (const char* bad :
       {"inf", "-inf", ".inf", "nan", ".nan", "1,5", "0x1p3", "+1", "'1'", "010", "-00.5", "1e", "yes"}) {
    CAPTURE(bad);
    CHECK(number(bad).starts_with("1:1 'x' must be a finite number, not "));
  }
  CHECK(number("1e999") == "1:1 'x' is 1e999, which is out of range");
  CHECK(number("-0.1", {0, 1}) == "1:1 'x' is -0.1, which is out of range");
}

TEST_CASE("truth values are true and false alone") {
  const auto truth = [](std::string_view text) {
    return read(text, [](const Node& n, Context& c) { read_bool(n, c, "x"); });
  };
  CHECK(truth("true") == "good");
  CHECK(truth("false") == "good");
  for (const char* bad : {"yes", "no", "on", "off", "True", "FALSE", "1", "0", "'true'", "y"}) {
    CAPTURE(bad);
    CHECK(truth(bad).starts_with("1:1 'x' must be true or false, not "));
  }
}

TEST_CASE("quantities carry their unit") {
  const auto size = [](std::string_view text) {
    return read(text, [](const Node& n, Context& c) { read_quantity(n, c, "x", core::BytesUnit::kKind); });
  };
  CHECK(size("50 MiB") == "good");
  CHECK(size("'50 MiB'") == "good");
  CHECK(size("50") == "1:1 'x' must be a size such as '50 MiB', not '50'");
  CHECK(size("50 MHz") == "1:1 'x' must be a size such as '50 MiB', not '50 MHz'");
  CHECK(size("[50 MiB]") == "1:1 'x' must be a size such as '50 MiB', not a list");
}

TEST_CASE("lengths are lists, products or one number") {
  std::vector<std::int64_t> got;
  const auto lengths = [&](std::string_view text) {
    return read(text, [&](const Node& n, Context& c) {
      got = read_lengths(n, c, "x", 3, {1, 99}).value_or(got);
    });
  };
  using Lengths = std::vector<std::int64_t>;
  CHECK((lengths("[30, 48, 80]") == "good" && got == Lengths{30, 48, 80}));
  CHECK((lengths("30x48x80") == "good" && got == Lengths{30, 48, 80}));
  CHECK((lengths("'4x8'") == "good" && got == Lengths{4, 8}));
  CHECK((lengths("7") == "good" && got == Lengths{7}));
  CHECK(lengths("4x100x8") == "1:3 'x' is 100, which is out of range");
  CHECK(lengths("'4x100x8'") == "1:4 'x' is 100, which is out of range");
  CHECK(lengths("[4, 8, 0]") == "1:8 'x' is 0, which is out of range");
  CHECK(lengths("4x") == "1:3 'x' must be a decimal integer, not ''");
  CHECK(lengths("4X8") == "1:1 'x' must be a decimal integer, not '4X8'");
  for (const char* bad : {"1x2x3x4", "[1, 2, 3, 4]", "[]", "{a: 1}", "~"}) {
    CAPTURE(bad);
    CHECK(lengths(bad).starts_with("1:1 'x' must be lengths such as 4096 or 30x48x80 (1 to 3 axes), not "));
  }
  CHECK(lengths(std::string(60'000, 'x')).starts_with("1:1 'x' must be lengths such as"));
}

TEST_CASE("a schema names what is missing, unknown and misspelled") {
  const auto schema = [](const Node& node, Context& context) {
    MapReader map(node, context, "machine");
    map.text("name");
    map.integer("cores", {1, 1024});
    map.number_or("clock", {0, 10}, 1);
    const std::vector<std::string> kinds = {"cpu", "gpu"};
    map.choice_or("kind", kinds, 0);
    map.list("rates");
    map.finish();
  };
  CHECK(read("name: a\ncores: 4\nkind: gpu\nrates: [1]\n", schema) == "good");
  CHECK(read("name: a\ncores: 4\nclock:\n", schema) == "good");
  CHECK(read("cores: 4\n", schema) == "1:1 'machine' needs the key 'name'");
  CHECK(read("name:\ncores: 4\n", schema) == "1:1 'machine.name' has no value");
  CHECK(read("name: a\ncores: 4\ncolour: red\n", schema) == "3:1 unknown key 'colour' in 'machine'");
  CHECK(read("nmae: a\ncores: 4\n", schema) == "1:1 unknown key 'nmae' in 'machine'");
  CHECK(read("name: a\ncors: 4\ncores: 4\n", schema) == "2:1 unknown key 'cors' in 'machine'");
  CHECK(read("- name\n", schema) == "1:1 'machine' must be a map of keys and values, not a list");
  CHECK(read("name: a\ncores: 4\nkind: tpu\nrates: 3\n", schema) ==
        "3:7 'machine.kind' cannot be 'tpu'\n4:8 'machine.rates' must be a list, not '3'");
  CHECK(read("nme: a\ncoers: x\nclock: 11\n", schema) ==
        "1:1 unknown key 'nme' in 'machine'\n2:1 unknown key 'coers' in 'machine'\n"
        "3:8 'machine.clock' is 11, which is out of range");
}

TEST_CASE("hints name the nearest word and all that are allowed") {
  const auto document = parse_yaml("dtype: bf61\nheds: 4\n", "f");
  REQUIRE(static_cast<bool>(document));
  Context context("f");
  MapReader map(document->root, context, "case");
  map.dtype_or("dtype", core::DType::kBf16);
  map.integer_or("heads", {1, 8}, 1);
  map.finish();
  const auto errors = context.take();
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].hint == "did you mean 'bf16'? allowed: fp32, bf16, fp16, fp8");
  CHECK(errors[1].hint == "did you mean 'heads'? allowed: dtype, heads");
}

TEST_CASE("twenty errors are enough") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += fmt::format("unknown{}: 1\n", i);
  const auto document = parse_yaml(text, "f");
  Context context("f");
  MapReader map(document->root, context, "m");
  map.finish();
  CHECK(context.count() == 20);
}

TEST_CASE("a value in a message is short, and whole letters") {
  const auto message = read("'" + std::string(39, 'a') + "\xc3\xa9\xc3\xa9'",
                            [](const Node& n, Context& c) { read_integer(n, c, "x", {}); });
  CHECK(message == "1:1 'x' must be a decimal integer, not the text '" + std::string(39, 'a') + "...'");
}

TEST_CASE("every 64-bit integer reads back") {
  CHECK(rc::check([](std::int64_t value) {
    const auto document = parse_json(std::to_string(value), "f");
    RC_ASSERT(static_cast<bool>(document));
    Context context("f");
    RC_ASSERT(read_integer(document->root, context, "x", {}) == value);
  }));
}

}  // namespace
}  // namespace spanwise::documents
