// SPDX-License-Identifier: Apache-2.0
// What the YAML reader takes, what it refuses, and where it places everything.
#include <doctest/doctest.h>

#include <string>

#include "show_tree.h"

namespace spanwise::documents {
namespace {

std::string yaml(std::string_view text, const Limits& limits = {}) {
  return show(parse_yaml(text, "f", limits));
}

TEST_CASE("every key and value knows its place") {
  CHECK(yaml("a: 1\nb:\n  - x\n  - {c: 'd', e: [2]}\n") ==
        "{a@1:1: 1@1:4, b@2:1: [x@3:5, {c@4:6: 'd'@4:9, e@4:14: [2@4:18]@4:17}@4:5]@3:3}@1:1");
  CHECK(yaml("---\na: 1\n...\n") == "{a@2:1: 1@2:4}@2:1");
  CHECK(yaml("\"a\": \"b\"\n'c': d\n") == "{a@1:1: 'b'@1:6, c@2:1: d@2:6}@1:1");
  CHECK(yaml("a: |\n  x\n   y\nb: >-\n  z\n  w\nc: 1") ==
        "{a@1:1: 'x\n y\n'@1:4, b@4:1: 'z w'@4:4, c@7:1: 1@7:4}@1:1");
  CHECK(yaml("just text") == "just text@1:1");
  CHECK(yaml("{\"a\":1,\"b\":[true,null]}") == "{a@1:2: 1@1:6, b@1:8: [true@1:13, null@1:18]@1:12}@1:1");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(yaml("\xc3\xa9t\xc3\xa9: {\xe6\x97\xa5: \xf0\x9f\x98\x80, b: 2}") ==
        "{\xc3\xa9t\xc3\xa9@1:1: {\xe6\x97\xa5@1:7: \xf0\x9f\x98\x80@1:10, b@1:13: 2@1:16}@1:6}@1:1");
  CHECK(yaml("\xc3\xa9: [\xc3\xa9, &x]") == "1:8 anchors ('&name') are not allowed");
  CHECK(yaml("\xef\xbb\xbf"
             "a: [1") == "1:4 '[' is never closed");  // the byte order mark is no character
  CHECK(yaml("a:\t1\n") == "{a@1:1: 1@1:4}@1:1");
}

TEST_CASE("absent values are null and stand at their key or dash") {
  CHECK(yaml("a:\nb: ~\nc: null\nd: Null\n") ==
        "{a@1:1: null@1:1, b@2:1: null@2:4, c@3:1: null@3:4, d@4:1: null@4:4}@1:1");
  CHECK(yaml("n:\nb: 1\n") == "{n@1:1: null@1:1, b@2:1: 1@2:4}@1:1");
  CHECK(yaml("l:\n  -\n  - 1\n  -\n") == "{l@1:1: [null@2:3, 1@3:5, null@4:3]@2:3}@1:1");
  CHECK(yaml("{a: , b: 1}") == "{a@1:2: null@1:2, b@1:7: 1@1:10}@1:1");
  CHECK(yaml("null: 1\n") == "1:1 null cannot be a key");
}

TEST_CASE("scalars stay text: nothing is a number or a truth value before somebody asks") {
  CHECK(yaml("[010, 1e3, yes, 0x1F, 1_000, .inf, 12:30, 2024-01-01, +1]") ==
        "[010@1:2, 1e3@1:7, yes@1:12, 0x1F@1:17, 1_000@1:23, .inf@1:30, 12:30@1:36, 2024-01-01@1:43, "
        "+1@1:55]@1:1");
}

TEST_CASE("what YAML allows and Spanwise does not") {
  const std::pair<std::string, std::string> kRefused[] = {
      {"a: 1\na: 2\n", "2:1 duplicate key 'a'"},
      {"a: 1\n\"a\": 2\n", "2:1 duplicate key 'a'"},
      {"a: 1\nb: {c: 1, c: 2}\na: 3\n", "2:11 duplicate key 'c'\n3:1 duplicate key 'a'"},
      {"a: 1\n---\nb: 1\n", "2:1 a second document starts here; a file holds one"},
      {"--- a\n--- b\n", "2:1 a second document starts here; a file holds one"},
      {"a: 1\n...\nb: 1\n", "3:1 text after the end of the document"},
      {"\"a\" b\n", "1:5 text after the end of the document"},
      {"- &a 1\n", "1:3 anchors ('&name') are not allowed"},
      {"a: &x\n  b: 1\n", "1:4 anchors ('&name') are not allowed"},
      {"- 1\n- *a\n", "2:3 aliases ('*name') are not allowed"},
      {"a: !!float 3\n", "1:4 tags ('!!float') are not allowed"},
      {"a: !<tag:yaml.org,2002:str> x\n", "1:4 tags ('!<tag:yaml.org,2002:str>') are not allowed"},
      {"a: ! x\n", "1:4 tags ('!') are not allowed"},
      {"!m\na: 1\n", "1:1 tags ('!m') are not allowed"},
      {"b:\n  <<: {a: 1}\n", "2:3 merge keys ('<<') are not allowed"},
      {"? [a]\n: 1\n", "1:3 a list or map cannot be a key"},
      {"{{a: 1}: 2}\n", "1:2 a list or map cannot be a key"},
      {"a: one\n  two\n", "2:3 this line continues the text above it"},
      {"a: \"one\n  two\"\n", "1:4 this quote is not closed in its line"},
      {"a: [1\n  2]\n", "2:3 expected ',' or ']' here"},
      {"a: \"\\0\"\n", "1:4 a NUL character is not allowed"},
      {"\"\\0\": 1\n", "1:1 a NUL character is not allowed"},
      {"a: 1\rb: 2\r", "1:5 a carriage return without a line feed is not allowed"},
      {"a: \x7f\n", "1:4 the control character U+007F is not allowed"},
      {"", "1:1 the file holds no document"},
      {"# only a comment\n\n", "1:1 the file holds no document"},
  };
  for (const auto& [text, error] : kRefused) {
    CAPTURE(text);
    CHECK(yaml(text) == error);
  }
  CHECK(yaml(std::string_view("a: \0b", 5)) == "1:4 a NUL byte is not allowed");
  CHECK(yaml("\"<<\": 1\n") == "{<<@1:1: 1@1:7}@1:1");
}

TEST_CASE("invalid UTF-8 is refused at its first byte") {
  for (const char* bytes :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe6\x97"}) {
    CAPTURE(bytes);
    CHECK(yaml(std::string("a: 1\nb: \xc3\xa9") + bytes) == "2:5 invalid UTF-8");
    CHECK(show(parse_json(std::string("[\n\"\xc3\xa9") + bytes + "\"]", "f")) == "2:3 invalid UTF-8");
  }
  for (const char* bytes :
       {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80"}) {
    CAPTURE(bytes);
    CHECK(static_cast<bool>(parse_yaml(std::string("a: ") + bytes, "f")));
  }
}

TEST_CASE("limits hold in both grammars") {
  Limits limits;
  limits.max_depth = 3;
  CHECK(yaml("[[[1]]]", limits) == "[[[1@1:4]@1:3]@1:2]@1:1");
  CHECK(yaml("[[[[1]]]]", limits) == "1:4 nested deeper than 3 levels");
  CHECK(show(parse_json("[[[[1]]]]", "f", limits)) == "1:4 nested deeper than 3 levels");
  CHECK(yaml("a:\n  b:\n    c:\n      d: 1\n", limits) == "4:7 nested deeper than 3 levels");

  limits = {};
  limits.max_nodes = 4;
  CHECK(yaml("[1, 2, 3]", limits) == "[1@1:2, 2@1:5, 3@1:8]@1:1");
  CHECK(yaml("[1, 2, 3, 4, 5]", limits) == "1:14 more than 4 values in one file");
  CHECK(show(parse_json("[1, 2, 3, 4, 5]", "f", limits)) == "1:14 more than 4 values in one file");

  limits = {};
  limits.max_text = 5;
  CHECK(yaml("a: 12345", limits) == "{a@1:1: 12345@1:4}@1:1");
  CHECK(yaml("a: 123456", limits) == "1:4 text is longer than 5 bytes");
  CHECK(yaml("abcdef: 1", limits) == "1:1 text is longer than 5 bytes");
  CHECK(show(parse_json("{\"a\": \"123456\"}", "f", limits)) == "1:7 text is longer than 5 bytes");

  limits = {};
  limits.max_bytes = 8;
  CHECK(yaml("a: 12345", limits) == "{a@1:1: 12345@1:4}@1:1");
  CHECK(yaml("a: 123456", limits) == "0:0 file is larger than 8 bytes");
  CHECK(show(parse_json("[1,    2]", "f", limits)) == "0:0 file is larger than 8 bytes");
}

TEST_CASE("hostile nesting and endless keys end quickly") {
  for (const char* piece :
       {"[", "{", "{a: ", "[[a]: ", "- ", "? ", "a: {", "\"", "'", "- - ", "!", "&a ", "|\n", "%", "--- "}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    CAPTURE(piece);
    CHECK_FALSE(static_cast<bool>(parse_yaml(text, "f")));
  }
  std::string keys;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 50'000; ++i) keys += fmt::format("k{}: 1\n", i);
  }
  const auto duplicates = parse_yaml(keys, "f");
  REQUIRE_FALSE(static_cast<bool>(duplicates));
  CHECK(duplicates.error().size() == 20);
}

}  // namespace
}  // namespace spanwise::documents
