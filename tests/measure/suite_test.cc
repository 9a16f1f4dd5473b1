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

Suite suite_of(const std::string& cases) {
  const testing::TemporaryFolder folder;
  const auto suite = read_suite(folder.write("s.yaml", "version: 1\nname: s\nsummary: x\ncases:\n" + cases));
  REQUIRE(suite);
  return *suite;
}

TEST_CASE("axes make a case of every combination, named by its values, the last axis fastest") {
  const auto suite = suite_of("  - {name: w, axes: {q_len: [1024, 4096], pattern.sliding_window.window: {from: 64, to: 256, scale: powers_of_two}},\n"
                              "     case: {q_heads: 2, pattern: {sliding_window: {window: 1}}}}\n");
  REQUIRE(suite.entries.size() == 6);
  CHECK(suite.entries[0].name == "w/q_len=1024/window=64");
  CHECK(suite.entries[5].name == "w/q_len=4096/window=256");
  CHECK(suite.entries[4].name == "w/q_len=4096/window=128");
  CHECK(suite.entries[4].shape.q_len == 4096);
  CHECK(suite.entries[4].shape.q_heads == 2);
  CHECK(std::get<patterns::SlidingWindow>(suite.entries[4].shape.pattern).window == 128);
}

TEST_CASE("steps of a range: linear, logarithmic, whole where both ends are") {
  const auto names = [](const std::string& range) {
    std::string joined;
    const auto suite = suite_of("  - {name: d, axes: {pattern.block_mask.random.density: " + range + "}, case: {q_len: 64, pattern: {block_mask: {block: 8, random: {seed: 1}}}}}\n");
    for (const auto& entry : suite.entries) joined += entry.name.substr(9) + " ";
    return joined;
  };
  CHECK(names("{from: 0.02, to: 1, steps: 3, scale: log}") == "=0.02 =0.1414 =1 ");
  CHECK(names("{from: 0.2, to: 1, steps: 5}") == "=0.2 =0.4 =0.6 =0.8 =1 ");
  CHECK(names("{from: 0.125, to: 1, scale: powers_of_two}") == "=0.125 =0.25 =0.5 =1 ");
  const auto lengths = suite_of("  - {name: n, axes: {q_len: {from: 1000, to: 8000, steps: 4, scale: log}}, case: {q_heads: 1}}\n");
  CHECK(lengths.entries[1].name == "n/q_len=2000");
  CHECK(lengths.entries[2].shape.q_len == 4000);
}

TEST_CASE("a case is compared with the case of the same values") {
  const auto suite = suite_of("  - {name: dense, axes: {q_len: [64, 128]}, case: {q_heads: 1}}\n"
                              "  - {name: w, against: dense, axes: {pattern.sliding_window.window: [8, 16], q_len: [128, 64]}, case: {pattern: {sliding_window: {window: 1}}}}\n");
  REQUIRE(suite.entries.size() == 6);
  const std::size_t partners[] = {1, 0, 1, 0};
  for (std::size_t i = 0; i < 4; ++i) CHECK(suite.entries[i + 2].against == partners[i]);
  CHECK(error_of("  - {name: dense, axes: {q_len: [64, 128]}, case: {q_heads: 1}}\n  - {name: w, against: dense, case: {q_len: 64}}\n") ==
        "no case of 'dense' has the axes and values of 'this case'");
  CHECK(error_of("  - {name: a, axes: {q_len: [64]}, case: {q_heads: 1}}\n  - {name: a/q_len=64, case: {q_len: 64}}\n") == "'a/q_len=64' names two cases");
}

TEST_CASE("cases beyond the limit are refused, those of axes counted") {
  const std::string full = "  - {name: a, axes: {seed: {from: 1, to: 10000, steps: 10000}}, case: {q_len: 64}}\n";
  CHECK(suite_of(full).entries.size() == 10'000);
  CHECK(error_of(full + "  - {name: b, case: {q_len: 64}}\n") == "'suite.cases' must list 1 to 10000 cases");
}

TEST_CASE("axes of one last key are told apart by their paths") {
  const auto suite = suite_of("  - {name: u, axes: {pattern.block_mask.random.seed: [1, 2], seed: [3]}, case: {q_len: 64, pattern: {block_mask: {block: 8, random: {density: 0.5}}}}}\n");
  CHECK(suite.entries[1].name == "u/pattern.block_mask.random.seed=2/seed=3");
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
