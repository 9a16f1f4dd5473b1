// SPDX-License-Identifier: Apache-2.0
// Case: defaults that follow from other fields, contradictions at their place, and text that reads back.
#include "patterns/case.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <string>

namespace spanwise::patterns {
namespace {

Case good(const std::string& json) {
  const auto value = parse_case(json);
  if (!value) FAIL(json << ": " << value.error().front().message);
  return *value;
}

// Every error as "column message", one a line; "good" when there is none.
std::string errors(const std::string& json) {
  const auto value = parse_case(json);
  if (value) return "good";
  std::string text;
  for (const auto& e : value.error())
    text += fmt::format("{}{} {}", text.empty() ? "" : "\n", e.place.column, e.message);
  return text;
}

TEST_CASE("lengths and heads follow from each other") {
  CHECK(good(R"({"q_len": 512})").kv_len == 512);
  CHECK(good(R"({"kv_len": 512})").q_len == 512);
  CHECK(good(R"({"kv_len": 512, "phase": "decode"})").q_len == 1);
  CHECK(good(R"({"q_len": 1, "kv_len": 512})").q_len == 1);
  const auto video = good(R"({"tokens": "3x4x5"})");
  CHECK(video.q_len == 60);
  CHECK(video.kv_len == 60);
  CHECK(video.extra_tokens() == 0);
  CHECK(good(R"({"tokens": [3, 4, 5], "kv_len": 67})").extra_tokens() == 7);
  CHECK(good(R"({"tokens": [3, 4, 5], "kv_len": 67})").q_len == 67);
  CHECK(good(R"({"kv_len": 9})").grid() == Lengths{9});
  const auto ragged = good(R"({"batch": 2, "q_lens": [3, 5], "kv_lens": [8, 7]})");
  CHECK(ragged.q_len == 5);
  CHECK(ragged.kv_len == 8);
  const auto heads = good(R"({"q_len": 1, "q_heads": 12, "head_dim": 64, "dtype": "fp32"})");
  CHECK(heads.kv_heads == 12);
  CHECK(heads.head_dim_v == 64);
  CHECK(heads.kv_dtype == core::DType::kFp32);
}

TEST_CASE("the causal flag is what an absent pattern means") {
  CHECK(good(R"({"q_len": 4})").pattern == Pattern(Dense{false}));
  CHECK(good(R"({"q_len": 4, "causal": true})").pattern == Pattern(Dense{true}));
  CHECK(good(R"({"q_len": 4, "causal": true, "pattern": "dense"})").pattern == Pattern(Dense{true}));
  CHECK(good(R"({"q_len": 4, "pattern": {"sliding_window": {"window": 2}}})").causal);
  CHECK(errors(R"({"q_len": 4, "causal": true, "pattern": {"neighborhood": {"window": [2]}}})") ==
        R"(24 'case.causal' is true, but the pattern {"neighborhood":{"window":[2]}} is not causal)");
}

TEST_CASE("other operators need no lengths") {
  const auto value = good(R"({"op": "gemm", "params": {"m": 4, "n": [1, "x"], "k": {"deep": null}}})");
  CHECK(value.op == "gemm");
  CHECK(value.params == R"({"m":4,"n":[1,"x"],"k":{"deep":null}})");
  CHECK(errors("{}") == "1 'case' needs 'q_len', 'kv_len' or 'tokens'");
}

TEST_CASE("contradictions are refused at the field that makes them") {
  const std::pair<std::string, std::string> kRefused[] = {
      {R"({"q_len": 4, "q_heads": 8, "kv_heads": 3})",
       "40 'case.kv_heads' is 3, which does not divide the 8 query heads"},
      {R"({"q_len": 4, "q_heads": 8, "kv_heads": 16})",
       "40 'case.kv_heads' is 16, which does not divide the 8 query heads"},
      {R"({"kv_len": 50, "tokens": [3, 4, 5]})", "26 the layout 3x4x5 has 60 tokens, beyond kv_len 50"},
      {R"({"q_len": 61, "tokens": [3, 4, 5]})", "11 'case.q_len' is 61, beyond the 60 tokens of the layout"},
      {R"({"q_len": 9, "kv_len": 8, "pattern": {"neighborhood": {"window": 4}}})",
       "11 'case.q_len' is 9, beyond the 8 tokens of the layout"},
      {R"({"kv_len": 8, "pattern": {"neighborhood": {"window": 9}}})",
       "26 window 9 with dilation 1 exceeds the 8 tokens of axis 1"},
      {R"({"tokens": [4, 4], "pattern": {"neighborhood": {"window": 4}}})",
       "31 the neighborhood has 1 axes, but the layout 4x4 has 2"},
      {R"({"batch": 2, "kv_lens": [8]})", "25 'case.kv_lens' has 1 lengths, but the batch is 2"},
      {R"({"batch": 2, "kv_len": 7, "kv_lens": [8, 7]})", "38 'case.kv_lens' holds 8, beyond kv_len 7"},
      {R"({"batch": 2, "q_len": 1, "q_lens": [1, 2], "kv_len": 9})",
       "36 'case.q_lens' holds 2, beyond q_len 1"},
      {R"({"batch": 2, "kv_lens": [16, 16], "tokens": [4, 4]})",
       "25 'case.kv_lens' needs a layout of one axis"},
      {R"({"batch": 2, "kv_lens": [8, 3], "pattern": {"neighborhood": {"window": 4}}})",
       "44 window 4 with dilation 1 exceeds the 3 tokens of axis 1"},
      {R"({"tokens": [4, 4], "tiling": "static", "q_tile": 8})",
       "50 'case.q_tile' has 1 axes, but the layout 4x4 has 2"},
      {R"({"tokens": [1048576, 1048576, 2]})",
       "12 'case.tokens' is 1048576x1048576x2, the product of which is out of range"},
      {R"({"q_len": 1099511627776, "batch": 1048576, "q_heads": 64})",
       "11 a tensor of this case has more than 2^62 elements"},
      {R"({"q_len": 4, "params": [1]})", "24 'case.params' must be a map of keys and values"},
      {R"({"q_len": 4, "params": "x"})", "24 'case.params' must be a map of keys and values"},
      {R"({"q_len": 0})", "11 'case.q_len' is 0, which is out of range"},
      {R"({"q_len": 1099511627777})", "11 'case.q_len' is 1099511627777, which is out of range"},
      {R"({"q_len": 4, "batch": 1048577})", "23 'case.batch' is 1048577, which is out of range"},
      {R"({"q_len": 4, "head_dim": 1025})", "26 'case.head_dim' is 1025, which is out of range"},
      {R"({"q_len": 4, "head_dim_v": 0})", "28 'case.head_dim_v' is 0, which is out of range"},
      {R"({"q_len": 4, "seed": -1})", "22 'case.seed' is -1, which is out of range"},
      {R"({"q_len": 4, "tiling": "box"})", "24 'case.tiling' cannot be the text 'box'"},
      {R"({"q_len": 4, "headdim": 64})", "14 unknown key 'headdim' in 'case'"},
      {R"([1])", "1 'case' must be a map of keys and values, not a list"},
      {R"({"q_len": 4)", "1 JSON: '{' is never closed"},
  };
  for (const auto& [json, error] : kRefused) {
    CAPTURE(json);
    CHECK(errors(json) == error);
  }
}

TEST_CASE("a hint lists every field once") {
  const auto value = parse_case(R"({"q_len": 4, "xyzzy": 1})");
  REQUIRE_FALSE(static_cast<bool>(value));
  CHECK(value.error().front().hint ==
        "allowed: op, kernel, phase, batch, q_lens, kv_lens, tokens, q_len, kv_len, q_heads, kv_heads, head_dim, "
        "head_dim_v, dtype, kv_dtype, causal, pattern, q_tile, kv_tile, tiling, page, cache, regime, seed, params");
}

TEST_CASE("what looks strange and is allowed") {
  CHECK(errors(R"({"q_len": 9, "kv_len": 4, "causal": true})") == "good");  // the first rows see nothing
  CHECK(errors(R"({"q_len": 9, "kv_len": 4})") == "good");
  CHECK(errors(R"({"q_len": 9, "kv_len": 4, "pattern": {"sliding_window": {"window": 99}}})") == "good");
  CHECK(errors(R"({"tokens": [4, 4], "q_tile": 8, "kv_tile": [2, 4], "tiling": "flat"})") == "good");
  CHECK(errors(R"({"q_len": null, "kv_len": 4, "page": 16})") == "good");
}

TEST_CASE("text leaves defaults out and says the shape") {
  CHECK(to_json(good(R"({"q_len": 4})")) ==
        R"({"q_len":4,"kv_len":4,"q_heads":1,"kv_heads":1,"head_dim":128,"dtype":"bf16"})");
  CHECK(
      to_json(
          good(R"({"kernel": "a\"b", "phase": "decode", "batch": 2, "kv_len": 64, "q_heads": 8, "kv_heads": 2,
      "head_dim": 64, "head_dim_v": 32, "dtype": "fp16", "kv_dtype": "fp8", "causal": true, "q_tile": "1x8", "kv_tile": 4,
      "page": 16, "kv_lens": [64, 3], "cache": "cold", "regime": "sustained", "params": {"a": 1}, "seed": 5})")) ==
      R"({"kernel":"a\"b","phase":"decode","batch":2,"q_len":1,"kv_len":64,"q_heads":8,"kv_heads":2,"head_dim":64,)"
      R"("head_dim_v":32,"dtype":"fp16","kv_dtype":"fp8","causal":true,"q_tile":[1,8],"kv_tile":[4],"page":16,)"
      R"("kv_lens":[64,3],"cache":"cold","regime":"sustained","params":{"a":1},"seed":5})");
}

TEST_CASE("a dense case has one text, however its causal flag was said") {
  const auto expected = to_json(good(R"({"q_len": 4, "causal": true})"));
  CHECK(to_json(good(R"({"q_len": 4, "pattern": {"dense": {"causal": true}}})")) == expected);
  CHECK(to_json(good(R"({"q_len": 4, "causal": false, "pattern": {"dense": {"causal": true}}})")) ==
        expected);
}

rc::Gen<Case> any_case() {
  return rc::gen::exec([] {
    const auto length = [](std::int64_t most) { return *rc::gen::inRange<std::int64_t>(1, most + 1); };
    const auto flip = [] { return *rc::gen::arbitrary<bool>(); };
    Case value;
    if (flip())
      value.kernel = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange(' ', '~')));
    value.phase = flip() ? Phase::kPrefill : Phase::kDecode;
    value.batch = length(4);
    const auto axes = *rc::gen::inRange(0, 4);
    for (int axis = 0; axis < axes; ++axis) value.tokens.push_back(length(9));
    value.kv_len = axes == 0 ? length(2000) : volume(value.tokens) + *rc::gen::inRange(0, 3);
    value.q_len = length(value.kv_len);
    value.kv_heads = length(4);
    value.q_heads = value.kv_heads * length(4);
    value.head_dim = length(256);
    value.head_dim_v = flip() ? value.head_dim : length(256);
    value.dtype = *rc::gen::element(core::DType::kFp32, core::DType::kBf16, core::DType::kFp8);
    value.kv_dtype = flip() ? value.dtype : core::DType::kFp16;
    const auto grid = value.grid();
    if (flip()) {
      Neighborhood pattern;
      for (const auto tokens : grid) {
        pattern.window.push_back(length(tokens));
        pattern.stride.push_back(length(pattern.window.back()));
        pattern.dilation.push_back(length(tokens / pattern.window.back()));
        pattern.causal.push_back(flip());
      }
      value.pattern = pattern;
    } else if (grid.size() == 1 && flip()) {
      value.pattern = SlidingWindow{length(grid[0]), *rc::gen::inRange<std::int64_t>(0, 4), flip()};
    } else {
      value.pattern = Dense{flip()};
    }
    value.causal = is_causal(value.pattern);
    value.tiling = *rc::gen::element(Tiling::kFlat, Tiling::kStatic, Tiling::kDynamic);
    for (std::size_t axis = 0; axis < grid.size() && flip(); ++axis) value.q_tile.push_back(length(8));
    if (value.q_tile.size() != grid.size()) value.q_tile.clear();
    value.page = *rc::gen::inRange(0, 65);
    if (axes == 0 && std::holds_alternative<Dense>(value.pattern) && flip()) {
      for (int i = 0; i < value.batch; ++i) value.kv_lens.push_back(length(value.kv_len));
    }
    value.cache = flip() ? Cache::kWarm : Cache::kCold;
    value.regime = flip() ? Regime::kBurst : Regime::kSustained;
    if (flip()) value.params = R"({"a":[1,2.5],"b":{"c":"x\n"}})";
    value.seed = *rc::gen::arbitrary<std::uint64_t>() >> 1;
    return value;
  });
}

TEST_CASE("every case reads back from its text, and equal cases have equal text") {
  CHECK(rc::check([] {
    for (int i = 0; i < 20; ++i) {
      const auto value = *any_case();
      const auto text = to_json(value);
      const auto back = parse_case(text);
      if (!back) RC_LOG() << text << ": " << back.error().front().message;
      RC_ASSERT(static_cast<bool>(back));
      RC_ASSERT(*back == value);
      RC_ASSERT(to_json(*back) == text);
    }
  }));
}

}  // namespace
}  // namespace spanwise::patterns
