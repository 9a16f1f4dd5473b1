// SPDX-License-Identifier: Apache-2.0
#include "core/documents/json_text.h"

#include <doctest/doctest.h>

#include "show_tree.h"

namespace spanwise::documents {
namespace {

std::string from_yaml(std::string_view text) {
  const auto document = parse_yaml(text, "f");
  REQUIRE(static_cast<bool>(document));
  return to_json(document->root);
}

TEST_CASE("a tree prints as JSON on one line") {
  CHECK(from_yaml("a: 1\nb: [x, '2', null, true]\nc: {d: -1.5e3}\n") ==
        R"({"a":1,"b":["x","2",null,true],"c":{"d":-1.5e3}})");
  CHECK(from_yaml("[]") == "[]");
  CHECK(from_yaml("{}") == "{}");
  CHECK(from_yaml("a: |\n  two\n  lines\n") == R"({"a":"two\nlines\n"})");
}

TEST_CASE("only what JSON reads as a number stays one") {
  CHECK(from_yaml("[0, -0, 10, 1.5, 1e5, 1E+5, 0.1]") == "[0,-0,10,1.5,1e5,1E+5,0.1]");
  CHECK(from_yaml("[010, +1, .5, 1., 1e, 0x1, -, 1-2, inf, True, --1, 1.5.2]") ==
        R"(["010","+1",".5","1.","1e","0x1","-","1-2","inf","True","--1","1.5.2"])");
}

TEST_CASE("text is escaped, and always UTF-8") {
  CHECK(quote_json("a\"b\\c\n\x01\xc3\xa9") == R"("a\"b\\c\n\u0001)"
                                               "\xc3\xa9\"");
  CHECK(quote_json("x\xff") == "\"x\xef\xbf\xbd\"");
}

TEST_CASE("what is printed reads back as the same tree") {
  for (const char* text :
       {R"({"a":[1,2.5,"x",null,{"b":[]}],"c":"\"\\\n"})", R"([true,false,"true","1"])", "7"}) {
    const auto document = parse_json(text, "f");
    REQUIRE(static_cast<bool>(document));
    CHECK(to_json(document->root) == text);
  }
}

}  // namespace
}  // namespace spanwise::documents
