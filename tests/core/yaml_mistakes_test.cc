// SPDX-License-Identifier: Apache-2.0
// Mistakes that people make in YAML, each planted in a good file, with the line and the column where the
// reader must put its finger. One mistake gives one message.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "core/documents/map_reader.h"
#include "first_error.h"
#include "patterns/case.h"

namespace spanwise {
namespace {

constexpr std::string_view kGood =
    "# One layer of a language model.\n"  // 1
    "op: attention\n"                     // 2
    "phase: prefill\n"                    // 3
    "batch: 2\n"                          // 4
    "q_len: 4096\n"                       // 5
    "kv_len: 4096\n"                      // 6
    "q_heads: 32\n"                       // 7
    "kv_heads: 8\n"                       // 8
    "head_dim: 128\n"                     // 9
    "dtype: bf16\n"                       // 10
    "pattern:\n"                          // 11
    "  sliding_window:\n"                 // 12
    "    window: 1024\n"                  // 13
    "    sinks: 64\n"                     // 14
    "q_tile: [64]\n"                      // 15
    "params:\n"                           // 16
    "  notes:\n"                          // 17
    "    - \"first: one\"\n"              // 18
    "    - 'second'\n"                    // 19
    "  sizes: {low: [1, 2], high: 3}\n"   // 20
    "seed: 7\n";                          // 21

struct Mistake {
  std::string_view good;  // a piece of the good file, found once
  std::string_view bad;   // what stands there instead
  std::string_view error;
};

const Mistake kMistakes[] = {
    // Indentation.
    {"    sinks: 64", "      sinks: 64", "14:7 this line continues the text above it"},
    {"    sinks: 64", "   sinks: 64", "14:4 an indentation of 3 fits no level above"},
    {"    sinks: 64", "  sinks: 64", "14:3 a pattern names exactly one kind"},
    {"batch: 2", " batch: 2", "4:2 this line continues the text above it"},
    {"    window: 1024", "\twindow: 1024", "13:1 a tab in the indentation"},
    {"    sinks: 64", "  \tsinks: 64", "14:3 a tab in the indentation"},
    {"  sizes:", " sizes:", "20:2 an indentation of 1 fits no level above"},
    {"    - 'second'", "   - 'second'", "19:4 an indentation of 3 fits no level above"},
    {"    - 'second'", "     - 'second'", "19:6 an indentation of 5 fits no level above"},
    // Colons.
    {"batch: 2", "batch 2", "4:1 expected ':' after 'batch 2'"},
    {"batch: 2", "batch:2", "4:6 a space is missing after ':'"},
    {"seed: 7", "seed 7", "21:1 expected ':' after 'seed 7'"},
    {"    sinks: 64", "    sinks 64", "14:5 expected ':' after 'sinks 64'"},
    {"    window: 1024", "    window 1024", "13:5 expected ':' after 'window 1024'"},
    {"op: attention", "op: attention: fast", "2:14 a second ':' in one value"},
    {"batch: 2", ": 2", "4:1 a key is missing before ':'"},
    {"  sliding_window:", "  sliding_window", "12:3 expected ':' after 'sliding_window'"},
    // Quotes and brackets.
    {"\"first: one\"", "\"first: one", "18:7 this quote is not closed in its line"},
    {"'second'", "'second", "19:7 this quote is not closed in its line"},
    {"'second'", "second'", "good"},
    {"op: attention", "op: \"attention", "2:5 this quote is not closed in its line"},
    {"\"first: one\"", "\"first\" one", "18:15 unexpected text after the value"},
    {"\"first: one\"", "\"first\\: one\"", "18:13 not an escape sequence that is known"},
    {"[64]", "[64", "15:9 '[' is never closed"},
    {"[64]", "64]", "15:9 'case.q_tile' must be a decimal integer, not '64]'"},
    {"[64]", "[64]]", "15:13 ']' closes nothing"},
    {"[64]", "[64}", "15:12 '}' does not close the '[' of line 15"},
    {"[1, 2], high: 3}", "[1, 2], high: 3", "20:10 '{' is never closed"},
    {"[1, 2], high: 3}", "[1, 2, high: 3}", "20:30 '}' does not close the '[' of line 20"},
    {"[1, 2], high", "[1, 2] high", "20:23 expected ',' or '}' here"},
    {"[1, 2], high", "[1,, 2], high", "20:19 a value is missing here"},
    {"high: 3", "high", "20:24 expected ':' after 'high'"},
    // Letters that YAML keeps for itself.
    {"op: attention", "op: @attention", "2:5 a text cannot start with '@'"},
    {"op: attention", "op: %attention", "2:5 a text cannot start with '%'"},
    {"op: attention", "op: `attention`", "2:5 a text cannot start with '`'"},
    {"op: attention", "op: &name attention", "2:5 anchors ('&name') are not allowed"},
    {"op: attention", "op: *name", "2:5 aliases ('*name') are not allowed"},
    {"op: attention", "op: !!str attention", "2:5 tags ('!!str') are not allowed"},
    {"batch: 2", "<<: {batch: 2}", "4:1 merge keys ('<<') are not allowed"},
    {"batch: 2", "---\nbatch: 2", "4:1 a second document starts here; a file holds one"},
    {"batch: 2", "- 2", "4:1 a list item among keys"},
    {"batch: 2", "batch: - 2", "4:8 a list item cannot start here"},
    {"    - 'second'", "    second: 1", "19:5 a key among list items"},
    {"batch: 2", "[batch]: 2", "4:1 a list or map cannot be a key"},
    {"batch: 2", "batch: \x01", "4:8 the control character U+0001 is not allowed"},
    {"batch: 2", "batch: \xff", "4:8 invalid UTF-8"},
    // Keys.
    {"batch: 2", "batch: 2\nbatch: 3", "5:1 duplicate key 'batch'"},
    {"low: [1, 2]", "high: [1, 2]", "20:25 duplicate key 'high'"},
    {"head_dim: 128", "head_dims: 128", "9:1 unknown key 'head_dims' in 'case'"},
    {"    window: 1024", "    windw: 1024", "13:5 unknown key 'windw' in 'sliding_window'"},
    {"    window: 1024\n", "", "13:5 'sliding_window' needs the key 'window'"},
    {"    window: 1024", "    window:", "13:5 'sliding_window.window' has no value"},
    {"  sliding_window:", "  slidng_window:", "12:3 unknown pattern kind 'slidng_window'"},
    {"  sliding_window:", "  strided:",
     "13:5 'strided' needs the key 'block'\n13:5 'strided' needs the key 'stride'\n13:5 unknown key 'window' in 'strided'\n"
     "14:5 unknown key 'sinks' in 'strided'"},
    // Values.
    {"batch: 2", "batch: two", "4:8 'case.batch' must be a decimal integer, not 'two'"},
    {"batch: 2", "batch: 2.0", "4:8 'case.batch' must be a decimal integer, not '2.0'"},
    {"batch: 2", "batch: 010", "4:8 'case.batch' must be a decimal integer, not '010'"},
    {"batch: 2", "batch: 1e3", "4:8 'case.batch' must be a decimal integer, not '1e3'"},
    {"batch: 2", "batch: 0x10", "4:8 'case.batch' must be a decimal integer, not '0x10'"},
    {"batch: 2", "batch: 1_000", "4:8 'case.batch' must be a decimal integer, not '1_000'"},
    {"batch: 2", "batch: \"2\"", "4:8 'case.batch' must be a decimal integer, not the text '2'"},
    {"batch: 2", "batch: [2]", "4:8 'case.batch' must be a decimal integer, not a list"},
    {"batch: 2", "batch: 0", "4:8 'case.batch' is 0, which is out of range"},
    {"batch: 2", "batch: -1", "4:8 'case.batch' is -1, which is out of range"},
    {"batch: 2", "batch: 99999999999999999999",
     "4:8 'case.batch' is 99999999999999999999, which is out of range"},
    {"head_dim: 128", "head_dim: 2048", "9:11 'case.head_dim' is 2048, which is out of range"},
    {"dtype: bf16", "dtype: bf61", "10:8 'case.dtype' cannot be 'bf61'"},
    {"seed: 7", "causal: yes", "21:9 'case.causal' must be true or false, not 'yes'"},
    {"seed: 7", "causal: True", "21:9 'case.causal' must be true or false, not 'True'"},
    {"[64]", "[64, big]", "15:14 'case.q_tile' must be a decimal integer, not 'big'"},
    {"[64]", "4x8xbig", "15:13 'case.q_tile' must be a decimal integer, not 'big'"},
    {"pattern:\n  sliding_window:\n    window: 1024\n    sinks: 64\n", "pattern: {dense: {causl: true}}\n",
     "11:19 unknown key 'causl' in 'dense'"},
    // Contradictions.
    {"kv_heads: 8", "kv_heads: 5", "8:11 'case.kv_heads' is 5, which does not divide the 32 query heads"},
    {"    sinks: 64", "    causal: false\n    window_size: 3",
     "15:5 unknown key 'window_size' in 'sliding_window'"},
    {"    window: 1024", "    causal: false\n    window: 5000",
     "12:3 the window of 5000 exceeds the 4096 tokens"},
    {"seed: 7", "q_lens: [1, 2, 3]", "21:9 'case.q_lens' has 3 lengths, but the batch is 2"},
    {"seed: 7", "tokens: 64x65", "21:9 the layout 64x65 has 4160 tokens, beyond kv_len 4096"},
};

std::string read(std::string_view text) {
  const auto document = documents::parse_yaml(text, "case.yaml");
  if (!document) return brief(document);
  documents::Context context(document->file);
  patterns::read_case(document->root, context);
  if (context.ok()) return "good";
  return brief(core::Result<core::Done>(context.take()));
}

std::string plant(const Mistake& mistake) {
  std::string text(kGood);
  const auto at = text.find(mistake.good);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(mistake.good, at + 1) == std::string::npos);
  return text.replace(at, mistake.good.size(), mistake.bad);
}

TEST_CASE("the file is good before a mistake is planted") {
  CHECK(read(kGood) == "good");
}

TEST_CASE("every planted mistake is found at its line and column") {
  for (const auto& mistake : kMistakes) {
    CAPTURE(mistake.bad);
    CHECK(read(plant(mistake)) == mistake.error);
  }
  CHECK(std::size(kMistakes) >= 40);
}

TEST_CASE("places are the same with Windows line ends") {
  for (const auto& mistake : kMistakes) {
    std::string text;
    for (const char c : plant(mistake)) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    CAPTURE(mistake.bad);
    CHECK(read(text) == mistake.error);
  }
}

TEST_CASE("a file that breaks off in the middle never passes for another one") {
  // Cut after a line of the top level, what is left is a shorter good file; cut elsewhere it mostly is not,
  // and where it is, the reader must at least not place an error outside the text.
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    const auto document = documents::parse_yaml(kGood.substr(0, size), "case.yaml");
    if (document) continue;
    const auto lines = static_cast<std::uint32_t>(1 + std::count(kGood.begin(), kGood.begin() + size, '\n'));
    CHECK(document.error().size() == 1);
    CHECK(document.error().front().place.line >= 1);
    CHECK(document.error().front().place.line <= lines);
  }
}

}  // namespace
}  // namespace spanwise
