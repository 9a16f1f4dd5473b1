// SPDX-License-Identifier: Apache-2.0
// The catalogue says what the grammar reads: every example parses, fits its layout and names all required keys.
#include "patterns/kinds.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "patterns/pattern.h"

namespace spanwise::patterns {
namespace {

Lengths layout_of(std::string_view text) {
  Lengths lengths{0};
  for (const char c : text) {
    if (c == 'x') {
      lengths.push_back(0);
    } else {
      REQUIRE(std::isdigit(static_cast<unsigned char>(c)) != 0);
      lengths.back() = lengths.back() * 10 + (c - '0');
    }
  }
  return lengths;
}

TEST_CASE("every example is a pattern of its kind that fits its layout") {
  for (const auto& kind : kinds()) {
    CAPTURE(kind.name);
    const auto pattern = parse_pattern(std::string(kind.example), false);
    REQUIRE(pattern);
    CHECK(to_json(*pattern).starts_with("{\"" + std::string(kind.name) + "\":"));
    CHECK(check_fits(*pattern, layout_of(kind.layout)));
    CHECK(find_kind(kind.name) == &kind);
  }
  CHECK(find_kind("neighbourhood") == nullptr);
}

TEST_CASE("every parameter that the catalogue names is read, and no other") {
  for (const auto& kind : kinds()) {
    CAPTURE(kind.name);
    std::string names;
    for (const auto& parameter : kind.parameters) names += std::string(parameter.name) + " ";
    // The reader's own list of known keys stands in the hint of an unknown one.
    const auto wrong = parse_pattern("{" + std::string(kind.name) + ": {zzzzzzzz: 1}}", false);
    REQUIRE_FALSE(wrong);
    const auto at = std::find_if(wrong.error().begin(), wrong.error().end(), [](const core::Diagnostic& d) {
      return d.message.find("unknown key 'zzzzzzzz'") != std::string::npos;
    });
    REQUIRE(at != wrong.error().end());
    for (const auto& parameter : kind.parameters) {
      CAPTURE(parameter.name);
      CHECK(at->hint.find(parameter.name) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace spanwise::patterns
