// SPDX-License-Identifier: Apache-2.0
// The kinds beside dense, windows and neighborhoods: what is read, what is refused and where, the short form, files.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "patterns/kinds.h"
#include "patterns/pattern.h"
#include "patterns/rule.h"
#include "patterns/unit_lists.h"
#include "random_kinds.h"
#include "tests/support/sample_files.h"

namespace spanwise::patterns {
namespace {

// The pattern as JSON, or every error as "line:column message", one a line.
std::string read_back(const std::string& text, bool default_causal = false) {
  const auto pattern = parse_pattern(text, default_causal);
  if (pattern) return to_json(*pattern);
  std::string errors;
  for (const auto& e : pattern.error()) {
    errors += fmt::format("{}{}:{} {}", errors.empty() ? "" : "\n", e.place.line, e.place.column, e.message);
  }
  return errors;
}

TEST_CASE("every kind is read with its defaults") {
  CHECK(read_back("{strided: {block: 64, stride: 16}}") == R"({"strided":{"block":64,"local":1,"stride":16,"phase":15}})");
  CHECK(read_back("{power: {block: 256, window: 5, sinks: 1, causal: false}}") ==
        R"({"power":{"block":256,"window":5,"sinks":1,"causal":false}})");
  CHECK(read_back("{vertical_slash: {columns: [0, 5], diagonals: 100}}") ==
        R"({"vertical_slash":{"columns":[0,5],"diagonals":100}})");
  CHECK(read_back("{block_mask: {block: [128, 64], list: [[0], [0, 1], []]}}") ==
        R"({"block_mask":{"block":[128,64],"list":[[0],[0,1],[]],"causal":false}})");
  CHECK(read_back("{block_mask: {block: 64, random: {density: 0.25, seed: 7}}}", true) ==
        R"({"block_mask":{"block":64,"random":{"density":0.25,"seed":7},"causal":true}})");
  CHECK(read_back("{block_mask: {block: 64, row_blocks: [1, 2], basis: measured, source: \"a log\"}}") ==
        R"({"block_mask":{"block":64,"row_blocks":[1,2],"causal":false,"basis":"measured","source":"a log"}})");
  CHECK(read_back("{routed: {unit_size: 64, keep: {top_k: 16}, forced: {sinks: 1, local: 2}, shared_by: head, selector: pooled}}",
             true) ==
        R"({"routed":{"unit":"block","unit_size":64,"keep":{"top_k":16},"forced":{"sinks":1,"local":2},"shared_by":"head",)"
        R"("selector":"pooled","causal":true}})");
  CHECK(read_back("{routed: {unit: token, keep: {mass: 0.95, density: 0.125}, spread: 2.5, overlap: 0.5}}") ==
        R"({"routed":{"unit":"token","keep":{"density":0.125,"mass":0.95},"spread":2.5,"overlap":0.5,"causal":false}})");
  CHECK(read_back("{pyramid: {block: [128, 64], levels: [{pool: 8, share: 0.2}, {pool: 1, share: 0.1}], packed: true}}") ==
        R"({"pyramid":{"block":[128,64],"levels":[{"pool":1,"share":0.1},{"pool":8,"share":0.2}],"packed":true,"causal":false}})");
  CHECK(read_back("{token_subset: {keep: 0.25, inner: dense}}", true) ==
        R"({"token_subset":{"keep":0.25,"inner":{"dense":{"causal":true}}}})");
  CHECK(read_back("{token_subset: {keep: [0, 3, 9], inner: {sliding_window: {window: 2}}}}") ==
        R"({"token_subset":{"keep":[0,3,9],"inner":{"sliding_window":{"window":2}}}})");
  CHECK(read_back("{permuted: {permutation: [2, 0, 1], keys_only: true, inner: dense}}") ==
        R"({"permuted":{"permutation":[2,0,1],"keys_only":true,"causal":false,"inner":{"dense":{"causal":false}}}})");
  CHECK(read_back("{permuted: {permutation: {seed: 3, segment: 256}, inner: dense}}", true) ==
        R"({"permuted":{"permutation":{"seed":3,"segment":256},"causal":true,"inner":{"dense":{"causal":false}}}})");
  CHECK(read_back("{union: [{sliding_window: {window: 8}}, dense]}", true) ==
        R"({"union":[{"sliding_window":{"window":8}},{"dense":{"causal":true}}]})");
  CHECK(read_back("{reuse: {layer: 4}}") == R"({"reuse":{"layer":4}})");
}

TEST_CASE("the short form of the command line") {
  CHECK(read_back("neighborhood:window=18x24x24,stride=16x8x8") ==
        R"({"neighborhood":{"window":[18,24,24],"stride":[16,8,8]}})");
  CHECK(read_back("sliding_window:window=512,sinks=64+strided:block=64,stride=16") ==
        R"({"union":[{"sliding_window":{"window":512,"sinks":64}},{"strided":{"block":64,"local":1,"stride":16,"phase":15}}]})");
  CHECK(read_back("block_mask:block=64,random.density=0.1,random.seed=3,causal=true") ==
        R"({"block_mask":{"block":64,"random":{"density":0.1,"seed":3},"causal":true}})");
  CHECK(read_back("vertical_slash:columns=[0,5],diagonals=[0,1,2]") == R"({"vertical_slash":{"columns":[0,5],"diagonals":[0,1,2]}})");
  CHECK(read_back("dense+power:block=64", true) == R"({"union":[{"dense":{"causal":true}},{"power":{"block":64,"window":1}}]})");
  const std::pair<std::string, std::string> kRefused[] = {
      {"neighborhod:window=4", "1:1 unknown pattern kind 'neighborhod'"},
      {"neighborhood:windw=4", "1:14 unknown key 'windw' in 'neighborhood'"},
      {"neighborhood:window=4x4,stride=2x5", "1:32 'neighborhood.stride' is 5 on axis 2, beyond the window of 4"},
      {"neighborhood:window=4xx4", "1:23 'neighborhood.window' must be a decimal integer, not ''"},
      {"sliding_window:window", "1:22 here '=' must follow the key 'window'"},
      {"sliding_window:window=4,window=5", "1:25 duplicate key 'window'"},
      {"sliding_window:window=4,", "1:25 here a key is missing"},
      {"sliding_window:window=4+strded:block=4", "1:25 unknown pattern kind 'strded'"},
      {"strided:block=4,stride=2,phase=2", "1:32 'strided.phase' is 2, beyond the stride of 2"},
      {"vertical_slash:columns=[5,0]", "1:24 'vertical_slash.columns' must be ascending, without repeats"},
      {"vertical_slash:columns=[5,x]", "1:27 'vertical_slash.columns' must be a decimal integer, not 'x'"},
      {"block_mask:block=64,random.densty=0.1", "1:28 unknown key 'densty' in 'block_mask.random'"},
  };
  for (const auto& [text, error] : kRefused) {
    CAPTURE(text);
    CHECK(read_back(text) == error);
  }
}

TEST_CASE("contradictions are refused at their place") {
  const std::pair<std::string, std::string> kRefused[] = {
      {"{sliding_window: {window: 100, block: 64}}", "1:27 'sliding_window.window' is 100, not a multiple of the block of 64"},
      {"{block_mask: {block: 4, list: [[1, 1]]}}", "1:32 'block_mask.list' must be ascending, without repeats"},
      {"{block_mask: {block: 4, list: []}}", "1:31 the selection has no rows"},
      {"{block_mask: {block: 4, list: [[0]], row_blocks: [1]}}",
       "1:14 'block_mask' needs one of list, file, row_blocks and random, not 2"},
      {"{block_mask: {block: 4, row_blocks: [1], basis: measured}}",
       "1:49 'block_mask.basis' is measured, so it needs a source"},
      {"{routed: {unit_size: 4, keep: {mass: 0.9}}}",
       "1:31 a mass threshold says nothing about tiles without the density that it leads to"},
      {"{routed: {unit_size: 4}}", "1:10 'routed' needs 'keep', 'list' or 'file'"},
      {"{routed: {unit: tokn, unit_size: 4, keep: {top_k: 4}}}", "1:17 'routed.unit' cannot be 'tokn'"},
      {"{pyramid: {block: 4, levels: [{pool: 1, share: 0.6}, {pool: 2, share: 0.6}]}}",
       "1:30 the shares of 'pyramid.levels' add up to 1.2"},
      {"{token_subset: {keep: [], inner: dense}}", "1:23 a token subset needs at least one token"},
      {"{token_subset: {inner: dense}}", "1:16 'token_subset' needs 'keep' or 'file'"},
      {"{permuted: {permutation: [0, 0], inner: dense}}", "1:26 'permuted.permutation' must be without repeats"},
      {"{union: []}", "1:9 'union' must be a map of keys and values, not a list"},
      {"{union: [dense, {strided: {block: 4}}]}", "1:27 'strided' needs the key 'stride'"},
      {"{block_mask: {block: 4, file: no-such-file.txt}}", ""},
  };
  for (const auto& [text, error] : kRefused) {
    CAPTURE(text);
    if (error.empty()) {
      CHECK(read_back(text).starts_with("1:31 "));
    } else {
      CHECK(read_back(text) == error);
    }
  }
}

TEST_CASE("every determined pattern prints back to itself") {
  for (std::uint64_t index = 0; index < 400; ++index) {
    oracle::Dice dice(oracle::test_seed() + 5, index);
    const Lengths grid = dice.one_in(2) ? Lengths{dice.roll(2, 60)} : Lengths{dice.roll(2, 8), dice.roll(2, 8)};
    const Pattern pattern = oracle::random_listed_pattern(dice, grid);
    const auto text = to_json(pattern);
    CAPTURE(text);
    const auto again = parse_pattern(text, dice.one_in(2));
    REQUIRE(again);
    CHECK(*again == pattern);
    CHECK(check_fits(pattern, grid));
    CHECK(check_determined(pattern));
    CHECK(short_name(*again) == short_name(pattern));
  }
}

TEST_CASE("list files: rows, ranges, comments, and errors at their place") {
  const auto rows = parse_unit_rows("0\n\n1 3-5 7 # last\n", "f");
  REQUIRE(rows);
  CHECK(rows->first == std::vector<std::size_t>{0, 1, 1, 6});
  CHECK(rows->units == std::vector<std::int64_t>{0, 1, 3, 4, 5, 7});
  const auto where = [](const char* text) {
    const auto bad = parse_unit_rows(text, "f");
    REQUIRE_FALSE(bad);
    return fmt::format("{}:{}", bad.error()[0].place.line, bad.error()[0].place.column);
  };
  CHECK(where("0 1\n2 x") == "2:3");
  CHECK(where("5-3") == "1:1");
  CHECK(where("-4") == "1:1");
  CHECK(where("4-") == "1:1");
  CHECK(where("1,2") == "1:1");
  CHECK(where("99999999999999999999") == "1:1");
  CHECK(where("0-1099511627776") == "1:1");

  const spanwise::testing::TemporaryFolder folder;
  const auto path = folder.write("rows.txt", "0\n0-1\n2\n");
  const auto text = fmt::format(R"({{"block_mask":{{"block":8,"file":"{}","causal":true}}}})", path);
  CHECK(read_back(text) == text);
  folder.write("rows.txt", "0\n2 1\n");
  CHECK(read_back(text) == "2:1 the units of this row must ascend, without repeats");
}

TEST_CASE("elastic lengths follow the number of tokens") {
  const auto at = [](const char* text, std::int64_t n) {
    const auto rule = parse_rule(text, false);
    REQUIRE(rule);
    CHECK(rule->elastic());
    const auto again = parse_rule(rule->to_json(), false);
    REQUIRE(again);
    const auto pattern = rule->at(n);
    REQUIRE(pattern);
    CHECK(*again->at(n) == *pattern);
    return to_json(*pattern);
  };
  CHECK(at("{sliding_window: {window: 1024 + 0.25*n}}", 4096) == R"({"sliding_window":{"window":2048}})");
  CHECK(at("sliding_window:window=1024+0.25*n,sinks=64", 4096) == R"({"sliding_window":{"window":2048,"sinks":64}})");
  CHECK(at("{sliding_window: {window: n - 10}}", 5) == R"({"sliding_window":{"window":1}})");
  CHECK(at("{sliding_window: {window: 0.29*n}}", 100) == R"({"sliding_window":{"window":29}})");  // not 28
  // MoA: max(1, floor(a / 64 + b * n / 64)) blocks.
  CHECK(at("{sliding_window: {window: 100 + 0.125*n, sinks: 64, block: 64}}", 1000) ==
        R"({"sliding_window":{"window":192,"sinks":64,"block":64}})");
  CHECK(at("{sliding_window: {window: 0.001*n, block: 64}}", 1000) == R"({"sliding_window":{"window":64,"block":64}})");
  CHECK(at("{union: [{power: {block: 64, window: 1 + 0.001*n}}, dense]}", 4000) ==
        R"({"union":[{"power":{"block":64,"window":5}},{"dense":{"causal":false}}]})");
  CHECK_FALSE(parse_rule("{sliding_window: {window: 512}}", false)->elastic());
  CHECK_FALSE(parse_rule("{sliding_window: {window: 2*m}}", false));
  CHECK_FALSE(parse_rule("{sliding_window: {window: 1 + 2 * 3}}", false));
  CHECK_FALSE(parse_rule("{sliding_window: {window: 9*n}}", false)->at(kMaxLength));
}

}  // namespace
}  // namespace spanwise::patterns
