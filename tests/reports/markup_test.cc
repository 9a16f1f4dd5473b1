// SPDX-License-Identifier: Apache-2.0
// The reader behind the page tests must itself be able to fail.
#include "tests/reports/markup.h"

#include <doctest/doctest.h>

using spanwise::reports::markup::read;

TEST_CASE("the markup reader accepts good pages and decodes them") {
  const auto document = read(
      "<!DOCTYPE html>\n<html><body><p class=\"a&quot;b\">1 &lt; 2</p><svg><rect "
      "x=\"1\"/></svg></body></html>\n");
  CHECK(document.errors.empty());
  CHECK(document.named("p").at(0).text == "1 < 2");
  CHECK(document.named("p").at(0).attributes.at("class") == "a\"b");
  CHECK(document.named("rect").at(0).parent == "svg");
}

TEST_CASE("the markup reader names what is broken") {
  const auto broken = [](const char* body) {
    return !read(std::string("<!DOCTYPE html>") + body).errors.empty();
  };
  CHECK_FALSE(broken("<html><body></body></html>"));
  CHECK(broken("<html><body></html>"));
  CHECK(broken("<html><body></body></html></p>"));
  CHECK(broken("<html><body><p></div></body></html>"));
  CHECK(broken("<html><body><p class=x></p></body></html>"));
  CHECK(broken("<html><body><p class=\"x\" class=\"y\"></p></body></html>"));
  CHECK(broken("<html><body><p class=\"<b>\"></p></body></html>"));
  CHECK(broken("<html><body>a & b</body></html>"));
  CHECK(broken("<html><body>&nbsp;</body></html>"));
  CHECK(broken("<html><body>\x1b</body></html>"));
  CHECK(broken("<html><body><script></script></body></html>"));
  CHECK(broken("<html><body><p onload=\"x\"></p></body></html>"));
  CHECK(broken("<html><body><i id=\"x\"></i><i id=\"x\"></i></body></html>"));
  CHECK(broken("<html><body><ul><h3>x</h3></ul></body></html>"));
  CHECK(broken("<html><body><p><div></div></p></body></html>"));
  CHECK(broken("<html><body>< p</body></html>"));
  CHECK_FALSE(read("<html></html>").errors.empty());
}
