// SPDX-License-Identifier: Apache-2.0
// The pattern grammar: what is read, what is refused and where, and that every pattern prints back to itself.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "core/documents/map_reader.h"
#include "patterns/pattern.h"

namespace spanwise::patterns {
namespace {

// The pattern as JSON, or every error as "line:column message", one a line.
std::string read(const std::string& text, bool default_causal = false) {
  const auto pattern = parse_pattern(text, default_causal);
  if (pattern) return to_json(*pattern);
  std::string errors;
  for (const auto& e : pattern.error()) {
    errors += fmt::format("{}{}:{} {}", errors.empty() ? "" : "\n", e.place.line, e.place.column, e.message);
  }
  return errors;
}

TEST_CASE("dense takes its causal flag from its surroundings unless it says so") {
  CHECK(read("dense") == R"({"dense":{"causal":false}})");
  CHECK(read("dense", true) == R"({"dense":{"causal":true}})");
  CHECK(read("\"dense\"", true) == R"({"dense":{"causal":true}})");
  CHECK(read("{dense: {}}", true) == R"({"dense":{"causal":true}})");
  CHECK(read("{dense: }", true) == R"({"dense":{"causal":true}})");
  CHECK(read("{dense: {causal: true}}", false) == R"({"dense":{"causal":true}})");
  CHECK(read(R"({"dense":{"causal":false}})", true) == R"({"dense":{"causal":false}})");
}

TEST_CASE("sliding windows are causal unless they say otherwise") {
  CHECK(read("{sliding_window: {window: 4096}}") == R"({"sliding_window":{"window":4096}})");
  CHECK(read("{sliding_window: {window: 4096, sinks: 64}}") ==
        R"({"sliding_window":{"window":4096,"sinks":64}})");
  CHECK(read("{sliding_window: {window: 1, causal: false}}", true) ==
        R"({"sliding_window":{"window":1,"causal":false}})");
  CHECK(read("sliding_window:\n  window: 8\n  sinks: 0\n  causal: true\n") ==
        R"({"sliding_window":{"window":8}})");
}

TEST_CASE("neighborhoods have one to three axes, in either spelling") {
  CHECK(read("{neighborhood: {window: [18, 24, 24]}}") == R"({"neighborhood":{"window":[18,24,24]}})");
  CHECK(read("{neighborhood: {window: 18x24x24, stride: 16x8x8}}") ==
        R"({"neighborhood":{"window":[18,24,24],"stride":[16,8,8]}})");
  CHECK(read("{neighborhood: {window: [7], dilation: [3], causal: [true]}}") ==
        R"({"neighborhood":{"window":[7],"dilation":[3],"causal":[true]}})");
  CHECK(read("{neighborhood: {window: 7, stride: 2, causal: true}}") ==
        R"({"neighborhood":{"window":[7],"stride":[2],"causal":[true]}})");
  CHECK(read("{neighborhood: {window: [3, 5], stride: [1, 1], dilation: 1x1, causal: [false, true]}}") ==
        R"({"neighborhood":{"window":[3,5],"causal":[false,true]}})");
}

TEST_CASE("what is not a pattern is refused at its place") {
  const std::pair<std::string, std::string> kRefused[] = {
      {"windows", "1:1 unknown pattern kind 'windows'"},
      {"sliding_window", "1:1 pattern kind 'sliding_window' needs parameters"},
      {"strided", "1:1 pattern kind 'strided' needs parameters"},
      {"{block_mask: {block: 64}}", "1:14 'block_mask' needs one of list, file, row_blocks and random, not 0"},
      {"{slidng_window: {window: 4}}", "1:2 unknown pattern kind 'slidng_window'"},
      {"[dense]", "1:1 a pattern must be the word 'dense' or a map that names its kind"},
      {"{}", "1:1 a pattern must be the word 'dense' or a map that names its kind"},
      {"~", "1:1 a pattern must be the word 'dense' or a map that names its kind"},
      {"{dense: {}, sliding_window: {window: 4}}", "1:13 a pattern names exactly one kind"},
      {"{dense: true}", "1:9 'dense' must be a map of keys and values, not 'true'"},
      {"{dense: {causal: 1}}", "1:18 'dense.causal' must be true or false, not '1'"},
      {"{dense: {window: 4}}", "1:10 unknown key 'window' in 'dense'"},
      {"{sliding_window: {}}", "1:18 'sliding_window' needs the key 'window'"},
      {"{sliding_window: }", "1:2 'sliding_window' must be a map of keys and values, not nothing"},
      {"{sliding_window: {window: 0}}", "1:27 'sliding_window.window' is 0, which is out of range"},
      {"{sliding_window: {window: 1099511627777}}",
       "1:27 'sliding_window.window' is 1099511627777, which is out of range"},
      {"{sliding_window: {window: 4, sinks: -1}}",
       "1:37 'sliding_window.sinks' is -1, which is out of range"},
      {"{sliding_window: {window: [4]}}",
       "1:27 'sliding_window.window' must be a decimal integer, not a list"},
      {"{neighborhood: {stride: 2}}", "1:16 'neighborhood' needs the key 'window'"},
      {"{neighborhood: {window: [2, 3, 4, 5]}}",
       "1:25 'neighborhood.window' must be lengths such as 4096 or 30x48x80 (1 to 3 axes), not a list"},
      {"{neighborhood: {window: [4, 4], stride: [2]}}",
       "1:41 'neighborhood.stride' has 1 axes, but the window has 2"},
      {"{neighborhood: {window: [4, 4], dilation: 2x2x2}}",
       "1:43 'neighborhood.dilation' has 3 axes, but the window has 2"},
      {"{neighborhood: {window: [4, 4], causal: true}}",
       "1:41 'neighborhood.causal' has 1 axes, but the window has 2"},
      {"{neighborhood: {window: [4, 4], causal: [true, 2]}}",
       "1:48 'neighborhood.causal' must be true or false, not '2'"},
      {"{neighborhood: {window: [4, 4], stride: [2, 5]}}",
       "1:41 'neighborhood.stride' is 5 on axis 2, beyond the window of 4"},
      {"{neighborhood: {window: [4, 4], stride: [0, 1]}}",
       "1:42 'neighborhood.stride' is 0, which is out of range"},
      {"{neighborhood: {window: [4, 4], dilation: [1, 0]}}",
       "1:47 'neighborhood.dilation' is 0, which is out of range"},
      {"{neighborhood: {window: 0x4}}", "1:25 'neighborhood.window' is 0, which is out of range"},
      {"{neighborhood: {windows: [4, 4], stride: [9, 9, 9]}}",
       "1:17 unknown key 'windows' in 'neighborhood'"},
      {"{neighborhood: {window: [4, 4]", "1:16 '{' is never closed"},
  };
  for (const auto& [text, error] : kRefused) {
    CAPTURE(text);
    CHECK(read(text) == error);
  }
}

TEST_CASE("hints say what is supported and what is near") {
  const auto hint = [](const char* text) { return parse_pattern(text, false).error().front().hint; };
  CHECK(hint("neighbourhood").starts_with("did you mean 'neighborhood'? allowed: dense, sliding_window, neighborhood, "));
  CHECK(hint("sliding_window").find("{sliding_window: {window: 4096, sinks: 64}}") != std::string::npos);
  CHECK(hint("[1]").find("{sliding_window: {window: 4096, sinks: 64}}") != std::string::npos);
}

rc::Gen<Pattern> any_pattern() {
  return rc::gen::exec([] {
    const auto length = [](std::int64_t most) { return *rc::gen::inRange<std::int64_t>(1, most + 1); };
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        return Pattern(Dense{*rc::gen::arbitrary<bool>()});
      case 1:
        return Pattern(SlidingWindow{length(kMaxLength), *rc::gen::inRange<std::int64_t>(0, 3) * length(99),
                                     *rc::gen::arbitrary<bool>()});
      default:
        break;
    }
    Neighborhood pattern;
    const auto axes = *rc::gen::inRange(1, 4);
    for (int axis = 0; axis < axes; ++axis) {
      pattern.window.push_back(length(40));
      pattern.stride.push_back(*rc::gen::arbitrary<bool>() ? 1 : length(pattern.window.back()));
      pattern.dilation.push_back(*rc::gen::arbitrary<bool>() ? 1 : length(5));
      pattern.causal.push_back(*rc::gen::arbitrary<bool>());
    }
    return Pattern(pattern);
  });
}

TEST_CASE("every pattern prints back to itself, whatever the surroundings mean by causal") {
  CHECK(rc::check([] {
    const auto pattern = *any_pattern();
    const auto back = parse_pattern(to_json(pattern), *rc::gen::arbitrary<bool>());
    RC_ASSERT(static_cast<bool>(back));
    RC_ASSERT(*back == pattern);
  }));
}

TEST_CASE("short names") {
  const auto name = [](const char* text) { return short_name(*parse_pattern(text, false)); };
  CHECK(name("dense") == "dense");
  CHECK(name("{dense: {causal: true}}") == "dense");
  CHECK(name("{sliding_window: {window: 4096, sinks: 64}}") == "window4096+64");
  CHECK(name("{sliding_window: {window: 4096}}") == "window4096");
  CHECK(name("{sliding_window: {window: 9, sinks: 1, causal: false}}") == "window9+1-both");
  CHECK(name("{neighborhood: {window: 18x24x24}}") == "na18x24x24");
  CHECK(name("{neighborhood: {window: 18x24x24, stride: 16x8x8}}") == "na18x24x24/16x8x8");
  CHECK(name("{neighborhood: {window: 7, stride: 2, dilation: 3, causal: true}}") == "na7/2@3-causal1");
  CHECK(name("{neighborhood: {window: [7, 7, 7], causal: [true, false, false]}}") == "na7x7x7-causal100");
}

TEST_CASE("different patterns have different names of harmless letters") {
  std::map<std::string, Pattern> named;
  CHECK(rc::check([&] {
    for (int i = 0; i < 50; ++i) {
      const auto pattern = *any_pattern();
      const auto name = short_name(pattern);
      RC_ASSERT(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+/@-x") == std::string::npos);
      const auto [known, fresh] = named.emplace(name, pattern);
      const bool dense = std::holds_alternative<Dense>(pattern);
      RC_ASSERT(fresh || known->second == pattern || (dense && std::holds_alternative<Dense>(known->second)));
    }
  }));
}

TEST_CASE("causal means that no query sees a later key") {
  const auto causal = [](const char* text) { return is_causal(*parse_pattern(text, false)); };
  CHECK_FALSE(causal("dense"));
  CHECK(causal("{dense: {causal: true}}"));
  CHECK(causal("{sliding_window: {window: 4}}"));
  CHECK_FALSE(causal("{sliding_window: {window: 4, causal: false}}"));
  CHECK(causal("{neighborhood: {window: 4, causal: true}}"));
  CHECK(causal("{neighborhood: {window: [4, 4], causal: [true, true]}}"));
  CHECK_FALSE(causal("{neighborhood: {window: [4, 4], causal: [true, false]}}"));
}

TEST_CASE("a pattern must fit its layout") {
  const auto fits = [](const char* text, const Lengths& tokens) {
    const auto status = check_fits(*parse_pattern(text, false), tokens);
    return status ? std::string("yes") : status.error().front().message;
  };
  CHECK(fits("dense", {4, 5}) == "yes");
  CHECK(fits("{sliding_window: {window: 4096, sinks: 9}}", {8}) ==
        "yes");  // a causal window may exceed the tokens
  CHECK(fits("{sliding_window: {window: 8, causal: false}}", {8}) == "yes");
  CHECK(fits("{sliding_window: {window: 9, causal: false}}", {8}) == "the window of 9 exceeds the 8 tokens");
  CHECK(fits("{sliding_window: {window: 9, causal: false}}", {8, 8}) == "yes");  // in flat order
  CHECK(fits("{neighborhood: {window: [18, 24, 24]}}", {30, 48, 80}) == "yes");
  CHECK(fits("{neighborhood: {window: [18, 24, 24], dilation: [1, 2, 3]}}", {18, 48, 72}) == "yes");
  CHECK(fits("{neighborhood: {window: [18, 24, 24], dilation: [1, 2, 3]}}", {18, 48, 71}) ==
        "window 24 with dilation 3 exceeds the 71 tokens of axis 3");
  CHECK(fits("{neighborhood: {window: [19, 24, 24]}}", {18, 48, 71}) ==
        "window 19 with dilation 1 exceeds the 18 tokens of axis 1");
  CHECK(fits("{neighborhood: {window: [4, 4]}}", {8}) ==
        "the neighborhood has 2 axes, but the layout 8 has 1");
  // window * dilation would not fit 64 bits.
  CHECK(fits("{neighborhood: {window: 1099511627776, dilation: 1099511627776}}", {5}) ==
        "window 1099511627776 with dilation 1099511627776 exceeds the 5 tokens of axis 1");
}

}  // namespace
}  // namespace spanwise::patterns
