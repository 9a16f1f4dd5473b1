// SPDX-License-Identifier: Apache-2.0
// The line format of `count`: names, order, exact integers, nulls, and bad lines that say where they are bad.
#include "patterns/count_lines.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "brute_force.h"
#include "random_cases.h"

namespace spanwise::patterns {
namespace {

using nlohmann::json;

TEST_CASE("a video model's neighborhood, with every field in its order") {
  const auto line = count_line(
      R"({"id": "a1", "tokens": [30,48,80], "pattern": {"neighborhood": {"window": [18,24,24], "stride": [16,8,8],)"
      R"( "dilation": [1,1,1], "causal": [false,false,false]}}, "q_tile": [4,8,8], "kv_tile": [2,8,8], "tiling": "static"})");
  CHECK(line.ok);
  // 480 query tiles of 256 tokens; 30x48x80 tokens each see 18*24*24 keys, in 9*3*3 whole tiles of 128.
  CHECK(
      line.json ==
      R"({"id":"a1","pairs":1194393600,"dense_kv_tiles":900,"q_tiles":480,"q_tiles_launched":480,"kv_tiles":38880,)"
      R"("kv_tiles_max":81,"kv_tiles_min":81,"kernel_kv_tiles":38880,"full_tiles":38880,"partial_tiles":0,)"
      R"("flop_speedup":11.11111111111111,"tile_speedup":11.11111111111111,"tile_speedup_worst":11.11111111111111,)"
      R"("block_sparse":true,"natten_block_sparse":true})");
}

TEST_CASE("integers beyond 64 bits are exact") {
  const auto line = count_line(R"({"tokens": 1099511627776, "q_tile": 128, "kv_tile": 128})");
  CHECK(line.json.find(R"("pairs":1208925819614629174706176,)") != std::string::npos);  // 2^80
  CHECK(line.json.find(R"("kv_tiles":73786976294838206464,)") != std::string::npos);    // 2^66
}

TEST_CASE("the id comes back as it was written") {
  const auto id = [](const std::string& written) {
    const auto line =
        count_line(fmt::format(R"({{"id": {}, "tokens": 4, "q_tile": 2, "kv_tile": 2}})", written));
    CHECK(line.ok);
    return line.json.substr(0, line.json.find(",\"pairs\""));
  };
  CHECK(id("\"a \\\"b\\\" \xc3\xa9\"") == "{\"id\":\"a \\\"b\\\" \xc3\xa9\"");
  CHECK(id("17") == R"({"id":17)");
  CHECK(id("1.50") == R"({"id":1.50)");
  CHECK(id("\"17\"") == R"({"id":"17")");
  CHECK(id("null") == R"({"id":null)");
  CHECK(id("[1, {\"x\": true}]") == R"({"id":[1,{"x":true}])");
  CHECK(count_line(R"({"tokens": 4, "q_tile": 2, "kv_tile": 2})")
            .json.starts_with(R"({"id":null,"pairs":16,)"));
}

TEST_CASE("dynamic tiling knows no full tiles") {
  const auto dynamic = json::parse(
      count_line(
          R"({"tokens": 8, "pattern": {"neighborhood": {"window": 3}}, "q_tile": 2, "kv_tile": 2, "tiling": "dynamic"})")
          .json);
  CHECK(dynamic["full_tiles"].is_null());
  CHECK(dynamic["partial_tiles"].is_null());
  CHECK(dynamic["block_sparse"].is_null());
  CHECK(dynamic["kv_tiles"].is_number_integer());
}

TEST_CASE("the histogram of query tiles comes when it is asked for") {
  const auto line = [](const char* rest) {
    return count_line(fmt::format(R"({{"tokens": 8, "pattern": {{"dense": {{"causal": true}}}}, "q_tile": 2, "kv_tile": 2, {}}})", rest)).json;
  };
  // Four query tiles: the i-th sees i full tiles and the one on the diagonal.
  CHECK(line(R"("histogram": true)").ends_with(
      R"(,"histogram":[{"kv_tiles":1,"full_tiles":0,"q_tiles":1},{"kv_tiles":2,"full_tiles":1,"q_tiles":1},)"
      R"({"kv_tiles":3,"full_tiles":2,"q_tiles":1},{"kv_tiles":4,"full_tiles":3,"q_tiles":1}]})"));
  CHECK(line(R"("histogram": true, "tiling": "dynamic")").ends_with(
      R"(,"histogram":[{"kv_tiles":1,"full_tiles":null,"q_tiles":1},{"kv_tiles":2,"full_tiles":null,"q_tiles":1},)"
      R"({"kv_tiles":3,"full_tiles":null,"q_tiles":1},{"kv_tiles":4,"full_tiles":null,"q_tiles":1}]})"));
  CHECK(line(R"("histogram": false)").find("histogram") == std::string::npos);
  CHECK(line(R"("tiling": "flat")").find("histogram") == std::string::npos);
  CHECK(line(R"("histogram": 1)").find("'line.histogram'") != std::string::npos);
}

TEST_CASE("a histogram too long for a line is refused, the totals alone are not") {
  const auto line = [](const char* histogram) {
    return count_line(fmt::format(
        R"({{"tokens": 524290, "pattern": {{"dense": {{"causal": true}}}}, "q_tile": 1, "kv_tile": 1, "tiling": "static", "histogram": {}}})", histogram));
  };
  CHECK(line("false").ok);
  CHECK(line("true").json == R"x({"id":null,"error":"the histogram has 524290 entries, more than 262144 (take larger query tiles, or leave 'histogram' out)"})x");
}

TEST_CASE("content-dependent patterns say whose word the counts are") {
  const auto answer = [](const std::string& pattern) {
    return json::parse(count_line(R"({"tokens": 4096, "q_tile": 128, "kv_tile": 64, "pattern": )" + pattern + "}").json);
  };
  const auto routed = answer(R"({"routed": {"unit_size": 64, "q_block": 128, "keep": {"top_k": 8}, "source": "a guess"}})");
  CHECK(routed["basis"] == "assumed");
  CHECK(routed["source"] == "a guess");
  CHECK(routed["kv_tiles"] == 32 * 8);
  CHECK(routed["kv_tiles_worst"] == 32 * 8);
  CHECK(routed["full_tiles"] == 32 * 8);
  CHECK(routed["empty_chance"] == doctest::Approx(56.0 / 64));
  const auto listed = answer(R"({"block_mask": {"block": 2048, "list": [[0], [1]], "basis": "measured", "source": "a log"}})");
  CHECK(listed["basis"] == "measured");
  CHECK_FALSE(listed.contains("kv_tiles_worst"));
  CHECK_FALSE(answer(R"({"strided": {"block": 64, "stride": 4}})").contains("basis"));
  CHECK(answer(R"({"reuse": {"layer": 1}})")["error"] == "unsupported: reuse of layer 1 without its pattern (give that layer's pattern under 'pattern')");
}

TEST_CASE("the union over the heads of a group makes full tiles of partial ones") {
  const auto line = [](const char* patterns) {
    return json::parse(
        count_line(fmt::format(R"({{"tokens": 256, "q_tile": 64, "kv_tile": 64, "group_patterns": [{}]}})", patterns)).json);
  };
  const auto* even = R"({"block_mask": {"block": [256, 32], "list": [[0, 2]]}})";
  const auto* odd = R"({"block_mask": {"block": [256, 32], "list": [[1, 3]]}})";
  CHECK(line(even)["full_tiles"] == 0);
  CHECK(line(even)["partial_tiles"] == 8);
  CHECK(line(fmt::format("{},{}", even, odd).c_str())["full_tiles"] == 8);
  CHECK(line(fmt::format("{},{}", even, odd).c_str())["partial_tiles"] == 0);
}

TEST_CASE("lengths are numbers, products or lists, and tiles by axis count by their product in flat tiling") {
  const auto answer = [](const char* tiles) {
    return count_line(
               fmt::format(R"({{"tokens": "6x8", "pattern": {{"neighborhood": {{"window": "3x5"}}}}, {}}})",
                           tiles))
        .json;
  };
  const auto expected = answer(R"("q_tile": 12, "kv_tile": 8, "tiling": "flat")");
  CHECK(expected.find("error") == std::string::npos);
  CHECK(answer(R"("q_tile": "3x4", "kv_tile": [2, 4])") == expected);
  CHECK(
      answer(R"("q_tile": [12], "kv_tile": [8], "q_tokens": [6, 8], "q_offset": [0, 0], "extra_kv_tokens": 0,
    "extra_q_tokens": 0, "group_heads": 1)") == expected);
}

TEST_CASE("a bad line says what is wrong and where, and keeps its id") {
  const std::pair<std::string, std::string> kBad[] = {
      {"", R"(null,"error":"column 1: JSON: unexpected end of input)"},
      {"not json", R"(null,"error":"column 1: JSON: invalid literal (JSON wants)"},
      {R"({"id": "cut", "tokens": [4,4])", R"(null,"error":"column 1: JSON: '{' is never closed (close it with '}')"},
      {R"([1])", R"(null,"error":"column 1: 'line' must be a map of keys and values, not a list (write {key: value}, )"},
      {R"({"id": 1, "id": 2})", R"(null,"error":"column 11: duplicate key 'id')"},
      {R"({"id": "x", "tokens": 4, "q_tile": 2})",
       R"("x","error":"column 1: 'line' needs the key 'kv_tile' (add 'kv_tile' with its value)"},
      {R"({"id": "x", "tokens": 4, "q_tile": 2, "kv_tle": 2})",
       R"("x","error":"column 39: unknown key 'kv_tle' in 'line' (did you mean 'kv_tile'?)"},
      {R"({"id": "x", "tokens": [4, 0], "q_tile": 2, "kv_tile": 2})",
       R"("x","error":"column 27: 'line.tokens' is 0, which is out of range)"},
      {R"({"id": "x", "tokens": [1099511627776, 2], "q_tile": 2, "kv_tile": 2})",
       R"("x","error":"column 23: the product of 'line.tokens' exceeds 1099511627776")"},
      {R"({"id": 7, "tokens": 4, "q_tile": 2, "kv_tile": 2, "tiling": "boxes"})",
       R"(7,"error":"column 61: 'line.tiling' cannot be the text 'boxes' (allowed: static, dynamic, flat))"},
      {R"({"id": 7, "tokens": 4, "q_tile": 2, "kv_tile": 2, "pattern": {"strided": {}}})",
       R"(7,"error":"column 74: 'strided' needs the key 'block' (add 'block' with its value); column 74: 'strided' needs the key 'stride' )"},
      {R"({"id": 7, "tokens": [4, 4], "q_tile": 2, "kv_tile": 2, "pattern": {"neighborhood": {"window": 2}}})",
       R"(7,"error":"the neighborhood has 1 axes, but the layout 4x4 has 2)"},
      {R"({"id": 7, "tokens": 4, "q_tile": 0.5, "kv_tile": 2, "group_heads": 0})",
       R"(7,"error":"column 34: 'line.q_tile' must be a decimal integer, not '0.5' (allowed: from 1 to 1099511627776); column 68: 'line.group_heads' is 0)"},
  };
  for (const auto& [text, start] : kBad) {
    CAPTURE(text);
    const auto line = count_line(text);
    CHECK_FALSE(line.ok);
    CHECK(line.json.starts_with(R"({"id":)" + start));
    CHECK(json::accept(line.json));
  }
}

std::string request_line(const CountRequest& request) {
  auto text = fmt::format(
      R"({{"id": 1, "tokens": [{}], "pattern": {}, "q_tile": [{}], "kv_tile": [{}], "tiling": "{}")",
      fmt::join(request.tokens, ","), to_json(request.pattern), fmt::join(request.q_tile, ","),
      fmt::join(request.kv_tile, ","), name(request.tiling));
  if (!request.q_tokens.empty())
    text += fmt::format(R"(, "q_tokens": [{}])", fmt::join(request.q_tokens, ","));
  if (!request.q_offset.empty())
    text += fmt::format(R"(, "q_offset": [{}])", fmt::join(request.q_offset, ","));
  return text + fmt::format(R"(, "extra_kv_tokens": {}, "extra_q_tokens": {}, "group_heads": {}, "histogram": true}})",
                            request.extra_kv_tokens, request.extra_q_tokens, request.group_heads);
}

double ratio(core::Count above, core::Count below) {
  return core::to_double(above) / core::to_double(below);
}

// Query tiles by (KV tiles, full ones) as the oracle has them.
json histogram_of(const TileCounts& want) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> q_tiles;
  for (const auto& row : want.rows) q_tiles[{row.full + row.partial, row.full}] += row.q_tiles;
  json list = json::array();
  for (const auto& [tile, count] : q_tiles) {
    list.push_back({{"kv_tiles", tile.first}, {"full_tiles", want.full_tiles ? json(tile.second) : json()}, {"q_tiles", count}});
  }
  return list;
}

TEST_CASE("answers equal the brute-force oracle, field by field") {
  for (std::uint64_t index = 0; index < 500; ++index) {
    const auto request = oracle::random_request(oracle::test_seed() + 77, index);
    const auto text = request_line(request);
    CAPTURE(text);
    const auto line = count_line(text);
    REQUIRE(line.ok);
    const auto got = json::parse(line.json);
    const auto want = oracle::count(request);
    const auto same = [&](const char* field, core::Count count) {
      CHECK(got[field].dump() == core::to_string(count));
    };
    same("pairs", want.pairs);
    same("dense_kv_tiles", want.dense_kv_tiles);
    same("q_tiles", want.q_tiles);
    same("q_tiles_launched", want.q_tiles_launched);
    same("kv_tiles", want.kv_tiles);
    same("kv_tiles_max", want.kv_tiles_max);
    same("kv_tiles_min", want.kv_tiles_min);
    CHECK(got["full_tiles"].is_null() == !want.full_tiles.has_value());
    if (want.full_tiles) same("full_tiles", *want.full_tiles);
    if (want.partial_tiles) same("partial_tiles", *want.partial_tiles);
    CHECK(got["block_sparse"].is_null() == !want.block_sparse.has_value());
    if (want.block_sparse) CHECK(got["block_sparse"] == *want.block_sparse);
    CHECK(got["histogram"] == histogram_of(want));
    if (want.pairs > 0) {
      CHECK(got["flop_speedup"] == doctest::Approx(ratio(want.dense_pairs, want.pairs)));
      CHECK(got["tile_speedup"] == doctest::Approx(ratio(want.dense_kv_tiles * want.dense_q_tiles, want.kv_tiles)));
      CHECK(got["tile_speedup_worst"] == doctest::Approx(ratio(want.dense_kv_tiles, want.kv_tiles_max)));
    } else {
      CHECK(got["flop_speedup"].is_null());
    }
  }
}

}  // namespace
}  // namespace spanwise::patterns
