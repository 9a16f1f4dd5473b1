// SPDX-License-Identifier: Apache-2.0
#include "measure/suite.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "measure/suite_run.h"
#include "tests/support/sample_files.h"

namespace {

using namespace spanwise;
using namespace spanwise::measure;

std::string error_of(const std::string& cases) {
  const testing::TemporaryFolder folder;
  const auto suite = read_suite(folder.write("s.yaml", "version: 1\nname: s\nsummary: x\ncases:\n" + cases));
  REQUIRE_FALSE(suite);
  return suite.error().front().message;
}

TEST_CASE("the bundled suites read, and every case can be counted") {
  int suites = 0;
  for (const auto& file : std::filesystem::directory_iterator(testing::source_path("configs/suites"))) {
    CAPTURE(file.path().string());
    const auto suite = read_suite(file.path());
    REQUIRE(suite);
    CHECK(suite->name == file.path().stem().string());
    for (const auto& entry : suite->entries) {
      CAPTURE(entry.name);
      if (entry.shape.op == "attention" && entry.shape.kv_lens.empty()) CHECK(visible_pairs(entry.shape) > 0);
    }
    ++suites;
  }
  CHECK(suites >= 4);
}

TEST_CASE("mistakes in a suite are errors at their place") {
  CHECK(error_of("  - {name: a, case: {q_len: 4}}\n  - {name: a, case: {q_len: 4}}\n") == "'a' names two cases");
  CHECK(error_of("  - {name: a, against: b, case: {q_len: 4}}\n") == "'b' is no earlier case");
  CHECK(error_of("  []\n") == "'suite.cases' must list 1 to 10000 cases");
}

TEST_CASE("pairs of a case: dense, causal, bottom-right, extra tokens") {
  patterns::Case shape;
  shape.q_len = shape.kv_len = 100;
  CHECK(visible_pairs(shape) == 100 * 100);
  shape.pattern = patterns::Dense{true};
  CHECK(visible_pairs(shape) == 100 * 101 / 2);
  shape.q_len = 1;
  CHECK(visible_pairs(shape) == 100);
  shape.q_len = 100;
  shape.tokens = {9, 10};
  shape.pattern = patterns::Neighborhood{{3, 4}, {1, 1}, {1, 1}, {false, false}};
  CHECK(visible_pairs(shape) == 90 * (3 * 4 + 10) + 10 * 100);
}

}  // namespace
