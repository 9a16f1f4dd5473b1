// SPDX-License-Identifier: Apache-2.0
#include "reports/html_writer.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "reports/text.h"
#include "tests/reports/markup.h"

using namespace spanwise::reports;  // NOLINT: a test

TEST_CASE("elements nest, close and escape") {
  HtmlWriter html;
  {
    const auto outer = html.element("p", {{"class", "a\"b"}, {"data-label", "<&>'"}});
    html.text("1 < 2 & 3");
    html.leaf("span", "\x1b");
    html.empty("br");
  }
  CHECK(html.str() ==
        "<p class=\"a&quot;b\" data-label=\"&lt;&amp;&gt;&#39;\">1 &lt; 2 &amp; "
        "3<span>\xEF\xBF\xBD</span><br/></p>");
}

TEST_CASE("coordinates are short and independent of everything") {
  CHECK(coordinate(1.5) == "1.5");
  CHECK(coordinate(100) == "100");
  CHECK(coordinate(-0.001) == "0");
  CHECK(coordinate(1.0 / 3) == "0.33");
  CHECK(coordinate(12.10) == "12.1");
}

TEST_CASE("whatever is written reads back") {
  CHECK(rc::check("text and attributes", [](const std::string& text, const std::string& value) {
    HtmlWriter html;
    html.doctype();
    {
      const auto root = html.element("html");
      html.leaf("body", text, {{"class", value}});
    }
    const auto document = markup::read(html.str());
    RC_ASSERT(document.errors.empty());
    const auto body = document.named("body").at(0);
    RC_ASSERT(body.text == printable_utf8(text));
    RC_ASSERT(body.attributes.at("class") == printable_utf8(value));
  }));
}
