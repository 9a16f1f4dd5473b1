// SPDX-License-Identifier: Apache-2.0
// What the JSON reader takes, what it refuses, and where it places everything.
#include <doctest/doctest.h>

#include <string>

#include "show_tree.h"

namespace spanwise::documents {
namespace {

std::string json(std::string_view text) {
  return show(parse_json(text, "f"));
}

TEST_CASE("every key and value knows its place") {
  CHECK(json("{\"a\": 1}") == "{a@1:2: 1@1:7}@1:1");
  CHECK(json("{\"a\":[1,2],\"b\":{\"c\":3},\"d\":[]}\n") ==
        "{a@1:2: [1@1:7, 2@1:9]@1:6, b@1:12: {c@1:17: 3@1:21}@1:16, d@1:24: []@1:28}@1:1");
  CHECK(json("[\n1,\n 22,\n\"x\"\n,true,\n\tfalse,null]") ==
        "[1@2:1, 22@3:2, 'x'@4:1, true@5:2, false@6:2, null@6:8]@1:1");
  CHECK(json("[[1],[2,[3]],{}]") == "[[1@1:3]@1:2, [2@1:7, [3@1:10]@1:9]@1:6, {}@1:14]@1:1");
  CHECK(json("[{\"a\":1},{\"b\":2}]") == "[{a@1:3: 1@1:7}@1:2, {b@1:11: 2@1:15}@1:10]@1:1");
  CHECK(json("  7 ") == "7@1:3");
  CHECK(json("[1,\r\n2]") == "[1@1:2, 2@2:1]@1:1");
}

TEST_CASE("numbers end where they end, whatever follows") {
  CHECK(json("[0,-1,1.5,2e3,-0.5E-2]") == "[0@1:2, -1@1:4, 1.5@1:7, 2e3@1:11, -0.5E-2@1:15]@1:1");
  CHECK(json("{\"a\":1,\"b\":2}") == "{a@1:2: 1@1:6, b@1:8: 2@1:12}@1:1");
  CHECK(json("{\"a\":{\"b\":1},\"c\":[2],\"d\":3\n}") ==
        "{a@1:2: {b@1:7: 1@1:11}@1:6, c@1:14: [2@1:19]@1:18, d@1:22: 3@1:26}@1:1");
  CHECK(json("[12345678901234567890123,18446744073709551615,-9223372036854775808,1.0]") ==
        "[12345678901234567890123@1:2, 18446744073709551615@1:26, -9223372036854775808@1:47, 1.0@1:68]@1:1");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(json("{\"\xc3\xa9\":\"\xe6\x97\xa5\",\"b\":1}") ==
        "{\xc3\xa9@1:2: '\xe6\x97\xa5'@1:6, b@1:10: 1@1:14}@1:1");
  CHECK(json("[\"\xf0\x9f\x98\x80\", x]") == "1:7 JSON: invalid literal");
  CHECK(json("\xef\xbb\xbf[x]") == "1:2 JSON: invalid literal");
  CHECK(json("[\"\\u00e9\",1]") == "['\xc3\xa9'@1:2, 1@1:11]@1:1");
}

TEST_CASE("mistakes are placed at the token that is wrong") {
  const std::pair<std::string, std::string> kRefused[] = {
      {"{\"a\": tru}", "1:7 JSON: invalid literal"},
      {"{\"a\": 1,}", "1:9 JSON: unexpected '}'; expected string literal"},
      {"[1,]", "1:4 JSON: unexpected ']'; expected '[', '{', or a literal"},
      {"{\"a\" 1}", "1:6 JSON: unexpected number literal; expected ':'"},
      {"{\"a\" \"b\"}", "1:6 JSON: unexpected string literal; expected ':'"},
      {"{a: 1}", "1:2 JSON: invalid literal; expected string literal"},
      {"{'a': 1}", "1:2 JSON: invalid literal; expected string literal"},
      {"[1 2]", "1:4 JSON: unexpected number literal; expected ']'"},
      {"[1\"a\"]", "1:3 JSON: unexpected string literal; expected ']'"},
      {"[01]", "1:3 JSON: unexpected number literal; expected ']'"},
      {"[1.]", "1:2 JSON: invalid number; expected digit after '.'"},
      {"[+1]", "1:2 JSON: invalid literal"},
      {"[NaN]", "1:2 JSON: invalid literal"},
      {"[1e999]", "1:2 JSON: a number that is out of range"},
      {"{\"a\": 1, \"b\": \"open}\n",
       "1:15 JSON: invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n"},
      {"{\"a\": \"open", "1:7 JSON: invalid string: missing closing quote"},
      {"[\"\\q\"]", "1:2 JSON: invalid string: forbidden character after backslash"},
      {"[1, 2", "1:1 JSON: '[' is never closed"},
      {"{\"a\": {\"b\": [1, {\"c\": 2}", "1:13 JSON: '[' is never closed"},
      {"{\"a\":\n\n]}", "3:1 JSON: unexpected ']'; expected '[', '{', or a literal"},
      {"[1]\n]", "2:1 JSON: unexpected ']'; expected end of input"},
      {"{} {}", "1:4 JSON: unexpected '{'; expected end of input"},
      {"// c\n{}", "1:1 JSON: invalid literal"},
      {"", "1:1 JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"[\"\\u0000\"]", "1:2 a NUL character is not allowed"},
      {"[\"\x01\"]", "1:3 the control character U+0001 is not allowed"},
      {"{\"a\":1,\n \"a\":2}", "2:2 duplicate key 'a'"},
      {"{\"a\":{\"b\":1,\"b\":2},\"a\":2}", "1:13 duplicate key 'b'\n1:20 duplicate key 'a'"},
  };
  for (const auto& [text, error] : kRefused) {
    CAPTURE(text);
    CHECK(json(text) == error);
  }
}

TEST_CASE("hostile input ends quickly, with a short message") {
  for (const char* piece : {"[", "{\"a\":", "[[],", "\"", "1", "{", ",", "[{\"a\":1},"}) {
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    const auto document = parse_json(text, "f");
    CAPTURE(piece);
    REQUIRE_FALSE(static_cast<bool>(document));
    CHECK(document.error().front().message.size() < 200);
  }
}

TEST_CASE("the two grammars agree where JSON is YAML") {
  for (const char* text : {"{\"a\": 1, \"b\": [true, null, \"x\"], \"c\": {\"d\": 1.5}}",
                           "[\n  {\"k\": [1, 2]},\n  \"\xc3\xa9\", 3\n]", "[[], {}, \"\"]"}) {
    CHECK(json(text) == show(parse_yaml(text, "f")));
  }
}

}  // namespace
}  // namespace spanwise::documents
