// SPDX-License-Identifier: Apache-2.0
// Numbers must not turn into "1,5" where the user's language writes them so.
#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <string>

#include "reports/json.h"
#include "reports/page.h"
#include "reports/terminal.h"
#include "tests/reports/sample_models.h"
#include "tests/support/german_locale.h"

using namespace spanwise::reports;  // NOLINT: a test

namespace {

// German number signs, wherever C++ streams and formatting look for them; needs no installed locale.
class GermanNumbers : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

std::string all_outputs() {
  const auto model = samples::video_model();
  return *render_terminal(model, 100, false) + *render_json(model) + *render_page(model);
}

}  // namespace

TEST_CASE("a German C++ locale changes nothing") {
  const auto expected = all_outputs();
  const auto before = std::locale::global(std::locale(std::locale::classic(), new GermanNumbers));
  const auto actual = all_outputs();
  std::locale::global(before);
  CHECK(actual == expected);
}

TEST_CASE("a German C locale changes nothing") {
  const auto expected = all_outputs();
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const spanwise::testing::TemporaryFolder locales;
  spanwise::testing::make_german_locale(locales.path().string());
  setenv("LOCPATH", locales.path().c_str(), 1);
  REQUIRE(std::setlocale(LC_ALL, spanwise::testing::kGerman) != nullptr);
  char number[8];
  std::snprintf(number, sizeof number, "%.1f", 1.5);
  const auto actual = all_outputs();
  std::setlocale(LC_ALL, before.c_str());
  unsetenv("LOCPATH");
  CHECK(std::string(number) == "1,5");  // whoever prints with the language's signs is seen
  CHECK(actual == expected);
}
